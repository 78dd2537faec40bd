"""The account of everything: what was asked, given, ordered, shipped and counted, and the money beside it.

Every figure is summed from its own room's rows; where two rooms must agree, a Check says whether they do.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Model, Q, Sum
from django.db.models.expressions import Combinable

from backend.confirmations.models import ConfirmationLine
from backend.confirmations.models import Count as ItemCount
from backend.deliveries.models import Drop
from backend.donations.models import Donation, DonationLine, FundedLine, Funding, Payment, Question, Refund
from backend.donations.rules import GiftStatus, PaymentStatus, RefundStatus, UnitState
from backend.kernel.db import snapshot
from backend.ledger.models import Transfer
from backend.ledger.rules import AccountKind, TransferKind
from backend.needs.models import NeedLine
from backend.shipments.models import ParcelItem, Shipment, ShipmentLine
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine

_PAID = Q(due_at__isnull=False, state=UnitState.FUNDED.value)


@dataclass(frozen=True)
class Check:
    """Two sums that must be the same."""

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass(frozen=True)
class Goods:
    """Pieces at each place of the road; each is a part of the one before, the gaps have names."""

    asked: int
    given: int
    to_supply: int
    waiting_for_donor: int
    waiting_for_supplier: int
    ordered: int
    at_suppliers: int
    shipped: int
    on_the_road: int
    counted: int
    received: int
    faulty: int

    @property
    def unfinished(self) -> int:
        """Paid pieces that nobody has counted yet and that wait for nobody's answer."""
        return self.waiting_for_supplier + self.at_suppliers + self.on_the_road


@dataclass(frozen=True)
class Money:
    """Fen, by what the rooms say and by what the ledger says."""

    paid: int
    refunded: int
    asked_back: int
    spent: int
    saved: int
    with_gateway: int
    held_for_needs: int
    owed: int


@dataclass(frozen=True)
class Account:
    """The whole at one moment: rows by state of each thing, goods, money, and the checks over them."""

    states: dict[str, dict[str, int]]
    goods: Goods
    money: Money
    checks: tuple[Check, ...]

    @property
    def sound(self) -> bool:
        return all(check.holds for check in self.checks)


def _sum(model: type[Model], what: Combinable | str, *conditions: Q, **filters: Any) -> int:
    rows = model._default_manager.filter(*conditions, **filters)
    return int(rows.aggregate(total=Sum(F(what) if isinstance(what, str) else what))["total"] or 0)


def _by_state(model: type[Model], field: str) -> dict[str, int]:
    rows = model._default_manager.values_list(field).annotate(rows=Count("pk")).order_by(field)
    return dict(rows)


def _transfers(kind: TransferKind) -> int:
    return _sum(Transfer, "amount", kind=kind.value, reverses__isnull=True) - _sum(
        Transfer, "amount", reverses__kind=kind.value
    )


def _balance(kind: AccountKind) -> int:
    debits = _sum(Transfer, "amount", debit__kind=kind.value)
    return debits - _sum(Transfer, "amount", credit__kind=kind.value)


def _goods() -> Goods:
    to_supply = _sum(FundedLine, F("quantity") + F("reopened") - F("released"), _PAID)
    held = _sum(FundedLine, "held", _PAID)
    sourced = _sum(FundedLine, "sourced")
    shipped = _sum(ShipmentLine, "quantity")
    counted = _sum(ConfirmationLine, "quantity")
    received = _sum(ConfirmationLine, "received")
    return Goods(
        asked=_sum(NeedLine, "wanted"),
        given=_sum(NeedLine, "reserved"),
        to_supply=to_supply,
        waiting_for_donor=held,
        waiting_for_supplier=to_supply - held - sourced,
        ordered=sourced,
        at_suppliers=sourced - shipped,
        shipped=shipped,
        on_the_road=shipped - counted,
        counted=counted,
        received=received,
        faulty=counted - received,
    )


def _money() -> Money:
    return Money(
        paid=_sum(Payment, "amount", status=PaymentStatus.PAID.value),
        refunded=_sum(Refund, "amount", status=RefundStatus.PAID.value),
        asked_back=_sum(Refund, "amount", ~Q(status=RefundStatus.PAID.value)),
        spent=_transfers(TransferKind.GOODS_COUNTED),
        saved=_transfers(TransferKind.SAVING),
        with_gateway=_balance(AccountKind.GATEWAY),
        held_for_needs=-_balance(AccountKind.GIFTS),
        owed=-_balance(AccountKind.PAYABLE),
    )


def _goods_checks(goods: Goods) -> list[Check]:
    standing = Q(state__in=[UnitState.FUNDED.value, UnitState.GATHERING.value])
    return [
        Check(
            "需要里占下的 = 捐赠买下的",
            goods.given,
            _sum(FundedLine, F("quantity") - F("released"), standing),
        ),
        Check(
            "捐赠交给供应商的 = 供应商单上的",
            goods.ordered,
            _sum(SupplierOrderLine, F("quantity") - F("dropped")),
        ),
        Check("按捐赠记的发货 = 按物品记的发货", goods.shipped, _sum(SupplierOrderItem, "shipped")),
        Check("按捐赠记的发货 = 箱子里的", goods.shipped, _sum(ParcelItem, "quantity")),
        Check("按捐赠记的点数 = 按物品记的点数", goods.counted, _sum(ItemCount, "quantity")),
        Check("点清的 = 需要里收到的", goods.received, _sum(NeedLine, "received")),
    ]


def _money_checks(money: Money) -> list[Check]:
    paid_gifts = Q(donation__status__in=[GiftStatus.PAID.value, GiftStatus.REFUNDED.value])
    of_paid = Q(line__donation__status__in=[GiftStatus.PAID.value, GiftStatus.REFUNDED.value])
    price = F("received") * F("shipment_line__order_line__funded_line__unit_price")
    return [
        Check("收到的款 = 账上收的", money.paid, _transfers(TransferKind.GIFT_PAID)),
        Check("退出的款 = 账上退的", money.refunded, _transfers(TransferKind.GIFT_REFUNDED)),
        Check("收到的减退出的 = 存管余额", money.paid - money.refunded, money.with_gateway),
        Check(
            "捐赠余额 = 收 - 退 - 货款 - 省下的",
            money.held_for_needs,
            money.paid - money.refunded - money.spent - money.saved,
        ),
        Check("点清的货值 = 货款 + 省下的", _sum(ConfirmationLine, price), money.spent + money.saved),
        Check(
            "捐赠指定的钱 = 买下的份额",
            _sum(DonationLine, "directed", paid_gifts),
            _sum(Funding, F("amount") - F("released"), of_paid),
        ),
        Check("应付的 = 货款", money.owed, money.spent),
    ]


@snapshot()
def account() -> Account:
    """Sum everything up, as it stands at one moment."""
    goods, money = _goods(), _money()
    states = {
        "捐赠": _by_state(Donation, "status"),
        "付款": _by_state(Payment, "status"),
        "退款": _by_state(Refund, "status"),
        "买下的份额": _by_state(FundedLine, "state"),
        "供应商单": _by_state(SupplierOrder, "request_status"),
        "发货单": _by_state(Shipment, "state"),
        "送达": _by_state(Drop, "state"),
    }
    open_questions = Question.objects.filter(answer__isnull=True).count()
    states["等捐赠人回答"] = {"open": open_questions} if open_questions else {}
    return Account(states, goods, money, (*_goods_checks(goods), *_money_checks(money)))
