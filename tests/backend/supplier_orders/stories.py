"""Short sentences for stories about supplier orders: a gift is due, Lao Zhou is asked, he answers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from backend.donations.models import FundedLine
from backend.shipments import operations as shipments
from backend.shipments.models import Shipment
from backend.shipments.rules import PackedBox, PackedItem
from backend.supplier_orders import operations
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.rules import ItemAnswer
from backend.supplier_orders.sourcing import Sourced, pull_due
from tests.backend.donations.stories import given, units_of
from tests.cast import later
from tests.factories import Village

DUE = later(hours=1)  # the undo is over
LAO_ZHOU = "user:usr_laozhou"


def gift(village: Village, quantity: int = 1, **fields: Any) -> FundedLine:
    """Aming gives and pays; these are the units that are to be bought."""
    return units_of(given(village.need, quantity, **fields))


def pull(at: datetime = DUE, **fields: Any) -> Sourced:
    return pull_due(at=at, actor="system:jobs", **fields)


def ordered(village: Village, *quantities: int) -> SupplierOrder:
    """One order for gifts of these quantities, oldest first."""
    for quantity in quantities:
        gift(village, quantity)
    (order,) = pull().orders
    return order


def whole(order: SupplierOrder) -> list[ItemAnswer]:
    return [ItemAnswer(item.public_id, accepted=item.asked) for item in order.items.order_by("pk")]


def part(order: SupplierOrder, accepted: int = 0, **fields: Any) -> list[ItemAnswer]:
    """An answer to the one item of an order; what is not accepted or backordered is rejected."""
    item = order.items.get()
    rejected = item.asked - accepted - fields.get("backordered", 0)
    fields = {"reason": "no_stock" if rejected else "", **fields}
    return [ItemAnswer(item.public_id, accepted=accepted, rejected=rejected, **fields)]


def answer(
    order: SupplierOrder, rows: Sequence[ItemAnswer] | None = None, at: datetime = DUE, **fields: Any
) -> SupplierOrder:
    """Lao Zhou answers; without rows he takes it all."""
    fields = {"supplier_ref": f"ZN-{order.pk}", "actor": LAO_ZHOU, **fields}
    return operations.answer(
        order=order.public_id, rows=whole(order) if rows is None else rows, at=at, **fields
    )


def box(order: SupplierOrder, quantity: int, *, expires_on: date | None = None, **fields: Any) -> PackedBox:
    item = order.items.get()
    return PackedBox((PackedItem(item.public_id, quantity, expires_on=expires_on),), **fields)


def packed(order: SupplierOrder, *quantities: int, at: datetime = DUE) -> Shipment:
    """Lao Zhou packs the one item of an order into boxes of these quantities."""
    boxes = [box(order, quantity) for quantity in quantities]
    return shipments.pack(order=order.public_id, parcels=boxes, actor=LAO_ZHOU, at=at)


def ready(order: SupplierOrder, *quantities: int, at: datetime = DUE) -> Shipment:
    shipment = packed(order, *quantities, at=at)
    return shipments.mark_ready(shipment=shipment.public_id, actor=LAO_ZHOU, at=at)
