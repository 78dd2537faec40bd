"""The life of a shipment, what may be done with it, and how an order stands for all its shipments."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.kernel.states import Transitions
from backend.supplier_orders.rules import ACCEPTED, RequestStatus


class Mode(StrEnum):
    OWN = "own"  # carried by a planned vehicle
    CARRIER = "carrier"  # handed to a common carrier
    COLLECT = "collect"
    SERVICE = "service"


class ShipmentState(StrEnum):
    PACKED = "packed"
    READY = "ready_for_pickup"
    PLANNED = "planned"
    IN_TRANSIT = "in_transit"
    ATTEMPTED = "attempted"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    DISCREPANCY = "discrepancy"
    RETURNED = "returned"
    LOST = "lost"


SHIPMENT = Transitions(
    "shipment",
    {
        ShipmentState.PACKED: frozenset({ShipmentState.READY}),
        ShipmentState.READY: frozenset({ShipmentState.PLANNED, ShipmentState.IN_TRANSIT}),
        ShipmentState.PLANNED: frozenset({ShipmentState.READY, ShipmentState.IN_TRANSIT}),
        ShipmentState.IN_TRANSIT: frozenset(
            {ShipmentState.ATTEMPTED, ShipmentState.DELIVERED, ShipmentState.LOST}
        ),
        ShipmentState.ATTEMPTED: frozenset(
            {ShipmentState.PLANNED, ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED, ShipmentState.RETURNED}
        ),
        ShipmentState.DELIVERED: frozenset({ShipmentState.CONFIRMED, ShipmentState.DISCREPANCY}),
        ShipmentState.CONFIRMED: frozenset(),
        ShipmentState.DISCREPANCY: frozenset(),
        ShipmentState.RETURNED: frozenset(),
        ShipmentState.LOST: frozenset(),
    },
)


class Step(StrEnum):
    """A change of hands."""

    PICKUP = "pickup"  # supplier to courier
    DELIVERY = "delivery"  # courier to recipient


WITH_SUPPLIER = (ShipmentState.PACKED, ShipmentState.READY)
ON_THE_WAY = (ShipmentState.IN_TRANSIT, ShipmentState.ATTEMPTED)
ARRIVED = (ShipmentState.DELIVERED, ShipmentState.CONFIRMED, ShipmentState.DISCREPANCY)
COUNTED = (ShipmentState.CONFIRMED, ShipmentState.DISCREPANCY)


class ShipmentAction(StrEnum):
    READY = "ready"
    REPACK = "repack"
    HAND_OVER = "hand_over"
    LABELS = "labels"


def shipment_actions(state: ShipmentState) -> list[ShipmentAction]:
    """What its supplier may do with a shipment."""
    if state is ShipmentState.PACKED:
        return [ShipmentAction.READY, ShipmentAction.REPACK, ShipmentAction.LABELS]
    if state is ShipmentState.READY:
        return [ShipmentAction.REPACK, ShipmentAction.HAND_OVER, ShipmentAction.LABELS]
    if state is ShipmentState.PLANNED:
        return [ShipmentAction.HAND_OVER, ShipmentAction.LABELS]
    return []


class OrderStatus(StrEnum):
    """How far an order's goods have come; computed, apart from what supplier and platform say."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CLOSED = "closed"  # nothing of it will come


def order_status(
    request: RequestStatus, kept: int, moved: Iterable[tuple[ShipmentState, int]]
) -> OrderStatus:
    """Where an order stands: `kept` units were promised, `moved` are (state, units) of its shipments."""
    if request is RequestStatus.SUBMITTED:
        return OrderStatus.OPEN
    if request not in ACCEPTED or kept == 0:
        return OrderStatus.CLOSED
    units = list(moved)
    gone = sum(n for state, n in units if state in ON_THE_WAY or state in ARRIVED)
    arrived = sum(n for state, n in units if state in ARRIVED)
    if arrived >= kept:
        counted = sum(n for state, n in units if state in COUNTED)
        return OrderStatus.CONFIRMED if counted >= kept else OrderStatus.DELIVERED
    if arrived:
        return OrderStatus.PARTIALLY_DELIVERED
    if gone >= kept:
        return OrderStatus.SHIPPED
    return OrderStatus.PARTIALLY_SHIPPED if gone else OrderStatus.IN_PROGRESS


class Pile(StrEnum):
    """How orders lie on a supplier's desk: by what they wait for."""

    ANSWER = "answer"
    PACK = "pack"
    SEND = "send"
    GONE = "gone"


@dataclass(frozen=True)
class PackedItem:
    """So many of an order item (public id) in a box, of one lot."""

    item: str
    quantity: int
    lot: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class PackedBox:
    """A box as packed. Weight and volume follow from its items where nobody has measured them."""

    items: tuple[PackedItem, ...] = field(default=())
    grams: int | None = None
    cm3: int | None = None


def keeps(expires_on: date | None, *, perishable: bool, expected_on: date) -> bool:
    """The shelf-life gate: may goods that expire then be sent, when they should arrive on `expected_on`?"""
    if expires_on is None:
        return not perishable
    return expires_on > expected_on


def masked(name: str) -> str:
    """A name of which a stranger learns the first and the last sign only, not even its length."""
    bare = name.partition("（")[0].strip() or name
    return f"{bare[0]}＊＊{bare[-1] if len(bare) > 2 else ''}" if bare else ""
