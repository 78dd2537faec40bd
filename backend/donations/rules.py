"""The life of a gift, its payment, its refund, and of the whole units it buys."""

from enum import StrEnum

from backend.kernel.states import Transitions


class GiftStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    EXPIRED = "expired"
    RETURNED = "returned"  # paid too late and sent back whole
    REFUNDED = "refunded"


GIFT = Transitions(
    "gift",
    {
        GiftStatus.PLACED: frozenset({GiftStatus.PAID, GiftStatus.EXPIRED}),
        GiftStatus.PAID: frozenset({GiftStatus.REFUNDED}),
        GiftStatus.EXPIRED: frozenset({GiftStatus.PAID, GiftStatus.RETURNED}),
        GiftStatus.RETURNED: frozenset(),
        GiftStatus.REFUNDED: frozenset(),
    },
)


class PaymentStatus(StrEnum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


PAYMENT = Transitions(
    "payment",
    {
        PaymentStatus.CREATED: frozenset({PaymentStatus.PAID, PaymentStatus.CLOSED}),
        PaymentStatus.CLOSED: frozenset({PaymentStatus.PAID}),  # the gateway's word counts, also late
        PaymentStatus.PAID: frozenset(),
    },
)


class RefundStatus(StrEnum):
    ASKED = "asked"
    PAID = "paid"
    FAILED = "failed"


REFUND = Transitions(
    "refund",
    {
        RefundStatus.ASKED: frozenset({RefundStatus.PAID, RefundStatus.FAILED}),
        RefundStatus.FAILED: frozenset({RefundStatus.ASKED}),
        RefundStatus.PAID: frozenset(),
    },
)


class UnitState(StrEnum):
    """Of a FundedLine: whole units to buy."""

    GATHERING = "gathering"
    FUNDED = "funded"
    VOID = "void"


UNITS = Transitions(
    "funded_line",
    {
        UnitState.GATHERING: frozenset({UnitState.FUNDED, UnitState.VOID}),
        UnitState.FUNDED: frozenset({UnitState.VOID}),
        UnitState.VOID: frozenset({UnitState.FUNDED}),  # paid late and reserved again
    },
)


class Source(StrEnum):
    GATEWAY = "gateway"
    POOL = "pool"
    SALE = "sale"
    IN_KIND = "in_kind"
    OWN = "own"


class LineKind(StrEnum):
    NEED = "need"
    APPEAL = "appeal"
    CHARITY = "charity"
    CARD = "card"


class QuestionKind(StrEnum):
    NO_SUPPLIER = "no_supplier"


class Choice(StrEnum):
    """What a donor may answer, and promise before paying as the fallback."""

    REFUND = "refund"
    WAIT = "wait"  # ask the suppliers again
    NEAREST = "nearest"  # the same item for the nearest other need
