"""What the desk's pages show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Page
from django.utils.translation import gettext

from backend.catalogue.queries import StockLevel
from backend.interfaces.supplier_desk.forms import AnswerField, PackForm
from backend.parties.queries import Seat
from backend.shipments.queries import Label, OrderFile, ShipmentView
from backend.shipments.rules import OrderStatus, Pile, ShipmentAction, ShipmentState
from backend.supplier_orders.rules import OrderAction, RequestStatus

SOON = timedelta(hours=4)


@dataclass(frozen=True)
class Standing:
    """A state of the look's closed list (see look.md) and the exact word for it."""

    of: str
    word: str


def standing(file: OrderFile) -> Standing:
    """How an order stands, in a supplier's words."""
    match file.order.request_status:
        case RequestStatus.SUBMITTED:
            return Standing("ordered", gettext("等你答复"))
        case RequestStatus.REJECTED:
            return Standing("declined", gettext("没接"))
        case RequestStatus.EXPIRED:
            return Standing("late", gettext("过了时间"))
        case RequestStatus.CANCELLED:
            return Standing("declined", gettext("取消了"))
    if file.order.unpacked:
        return Standing("given", gettext("要装箱"))
    match file.status:
        case OrderStatus.IN_PROGRESS:
            return Standing("packed", gettext("装好了"))
        case OrderStatus.DELIVERED | OrderStatus.PARTIALLY_DELIVERED:
            return Standing("arrived", gettext("已送到"))
        case OrderStatus.CONFIRMED:
            return counted(file)
    return Standing("road", gettext("在路上"))


def counted(file: OrderFile) -> Standing:
    if any(shipment.state is ShipmentState.DISCREPANCY for shipment in file.shipments):
        return Standing("short", gettext("点了，有出入"))
    return Standing("counted", gettext("点清了"))


SHIPMENT_WORDS = {
    ShipmentState.PACKED: "packed",
    ShipmentState.READY: "packed",
    ShipmentState.PLANNED: "packed",
    ShipmentState.IN_TRANSIT: "road",
    ShipmentState.ATTEMPTED: "late",
    ShipmentState.DELIVERED: "arrived",
    ShipmentState.CONFIRMED: "counted",
    ShipmentState.DISCREPANCY: "short",
    ShipmentState.RETURNED: "late",
    ShipmentState.LOST: "short",
}


def shipment_standing(shipment: ShipmentView) -> Standing:
    words = {
        ShipmentState.PACKED: gettext("装好了，还没报"),
        ShipmentState.READY: gettext("等车来取"),
        ShipmentState.PLANNED: gettext("排上车了"),
        ShipmentState.IN_TRANSIT: gettext("在路上"),
        ShipmentState.ATTEMPTED: gettext("没送成，再送"),
        ShipmentState.DELIVERED: gettext("已送到"),
        ShipmentState.CONFIRMED: gettext("点清了"),
        ShipmentState.DISCREPANCY: gettext("点了，有出入"),
        ShipmentState.RETURNED: gettext("退回来了"),
        ShipmentState.LOST: gettext("丢了"),
    }
    return Standing(SHIPMENT_WORDS[shipment.state], words[shipment.state])


@dataclass(frozen=True)
class Tab:
    pile: str
    word: str
    count: int
    current: bool


def tabs(counts: dict[Pile, int], current: Pile) -> tuple[Tab, ...]:
    words = {
        Pile.ANSWER: gettext("等答复"),
        Pile.PACK: gettext("要装箱"),
        Pile.SEND: gettext("等出门"),
        Pile.GONE: gettext("出了门的"),
    }
    return tuple(Tab(pile.value, words[pile], counts[pile], pile is current) for pile in Pile)


@dataclass(frozen=True)
class Row:
    """One order in the list. `urgent`: answer within four hours."""

    file: OrderFile
    standing: Standing
    urgent: bool

    @property
    def asks(self) -> bool:
        return self.file.order.request_status is RequestStatus.SUBMITTED

    @property
    def pieces(self) -> int:
        return sum(item.asked - item.rejected for item in self.file.order.items)


def rows(files: Sequence[OrderFile], at: datetime) -> tuple[Row, ...]:
    return tuple(
        Row(
            file,
            standing(file),
            file.order.request_status is RequestStatus.SUBMITTED and file.order.respond_by - at < SOON,
        )
        for file in files
    )


@dataclass(frozen=True)
class DeskPage:
    seat: Seat
    tabs: tuple[Tab, ...]
    rows: tuple[Row, ...]
    page: Page[int]
    pile: str


@dataclass(frozen=True)
class ShipmentCard:
    shipment: ShipmentView
    standing: Standing
    may_ready: bool
    may_hand_over: bool
    may_label: bool

    @property
    def codes(self) -> list[str]:
        return [box.code for box in self.shipment.boxes]

    @property
    def kilograms(self) -> str:
        return f"{sum(box.grams for box in self.shipment.boxes) / 1000:.1f}"


@dataclass(frozen=True)
class OrderPage:
    seat: Seat
    file: OrderFile
    standing: Standing
    shipments: tuple[ShipmentCard, ...]
    answers: tuple[AnswerField, ...]
    pack: PackForm | None
    boxes: int
    box_choices: tuple[int, ...]
    reasons: tuple[tuple[str, str], ...]
    supplier_ref: str
    error: str
    late: bool
    open_answers: bool

    @property
    def may_answer(self) -> bool:
        return OrderAction.ANSWER in self.file.actions

    @property
    def may_give_back(self) -> bool:
        return OrderAction.GIVE_BACK in self.file.actions

    @property
    def pieces(self) -> int:
        return sum(item.asked for item in self.file.order.items)

    @property
    def amount(self) -> int:
        return sum(item.unit_price * (item.asked - item.rejected) for item in self.file.order.items)


def cards(file: OrderFile) -> tuple[ShipmentCard, ...]:
    return tuple(
        ShipmentCard(
            shipment,
            shipment_standing(shipment),
            ShipmentAction.READY in shipment.actions,
            ShipmentAction.HAND_OVER in shipment.actions,
            ShipmentAction.LABELS in shipment.actions,
        )
        for shipment in file.shipments
    )


@dataclass(frozen=True)
class LabelsPage:
    shipment: str
    order: str
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class StockRow:
    level: StockLevel
    value: str
    error: str = ""


@dataclass(frozen=True)
class StockPage:
    seat: Seat
    rows: tuple[StockRow, ...]
    page: Page[int]
