"""Where the units of a gift are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from backend.shipments.models import ShipmentLine
from backend.shipments.rules import (
    ShipmentState,
)
from backend.supplier_orders.models import SupplierOrderLine


@dataclass(frozen=True)
class TracedBox:
    """Units of one funded line in one box."""

    funded_line: int
    order_line: int
    shipment_line: int
    shipment: str
    number: str
    state: ShipmentState
    parcel: str
    parcel_id: int
    quantity: int
    packed_at: datetime
    ready_at: datetime | None


@dataclass(frozen=True)
class TracedOrder:
    """Units of one funded line in one supplier order, and the boxes they went into."""

    funded_line: int
    order_line: int
    order: str
    number: str
    order_item: int
    supplier: dict[str, str]
    request_status: str
    submitted_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    quantity: int
    dropped: int
    reason: str
    replaces: int | None
    boxes: tuple[TracedBox, ...]


def trace(*, funded_lines: Collection[int]) -> list[TracedOrder]:
    """Where the units of funded lines (ids) went, in order of ordering. Two queries."""
    boxes: dict[int, list[TracedBox]] = {}
    for line in (
        ShipmentLine.objects.filter(order_line__funded_line__in=funded_lines)
        .select_related("parcel_item__parcel__shipment", "order_line")
        .order_by("pk")
    ):
        boxes.setdefault(line.order_line_id, []).append(_traced_box(line))
    rows = SupplierOrderLine.objects.filter(funded_line__in=funded_lines)
    rows = rows.select_related("item__order__supplier__organisation").order_by("pk")
    return [_traced_order(row, tuple(boxes.get(row.pk, ()))) for row in rows]


def _traced_box(line: ShipmentLine) -> TracedBox:
    parcel = line.parcel_item.parcel
    return TracedBox(
        funded_line=line.order_line.funded_line_id,
        order_line=line.order_line_id,
        shipment_line=line.pk,
        shipment=parcel.shipment.public_id,
        number=parcel.shipment.number,
        state=ShipmentState(parcel.shipment.state),
        parcel=parcel.code,
        parcel_id=parcel.pk,
        quantity=line.quantity,
        packed_at=parcel.shipment.packed_at,
        ready_at=parcel.shipment.ready_at,
    )


def _traced_order(row: SupplierOrderLine, boxes: tuple[TracedBox, ...]) -> TracedOrder:
    order = row.item.order
    return TracedOrder(
        funded_line=row.funded_line_id,
        order_line=row.pk,
        order=order.public_id,
        number=order.number,
        order_item=row.item_id,
        supplier=order.supplier.organisation.names,
        request_status=order.request_status,
        submitted_at=order.submitted_at,
        respond_by=order.respond_by,
        answered_at=order.answered_at,
        quantity=row.quantity,
        dropped=row.dropped,
        reason=row.item.reason,
        replaces=row.replaces_id,
        boxes=boxes,
    )
