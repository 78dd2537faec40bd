"""The accounts of a gift's money, and what each transfer between them means."""

from enum import StrEnum


class AccountKind(StrEnum):
    GATEWAY = "gateway"  # asset: with the payment gateway, on its way to the charity's bank
    GIFTS = "gifts"  # restricted funds: given for needs, not yet spent
    PAYABLE = "payable"  # owed to a supplier (owner) or carrier (owner) for what was counted
    REMAINDER = "remainder"  # savings and remainders, by the appeal's rule
    FREIGHT = "freight"  # funds set aside for transport


class TransferKind(StrEnum):
    GIFT_PAID = "gift_paid"  # debit gateway, credit gifts
    GIFT_REFUNDED = "gift_refunded"  # debit gifts, credit gateway
    GOODS_COUNTED = "goods_counted"  # debit gifts, credit payable: the price of what arrived whole
    SAVING = "saving"  # debit gifts, credit remainder: bought under the price that was given
    REVERSAL = "reversal"


class CostClass(StrEnum):
    """For the ceiling on management costs (Charity Law art. 61)."""

    NONE = "none"
    PROGRAMME = "programme"
    MANAGEMENT = "management"
    FUNDRAISING = "fundraising"
