"""Rows of the rooms as the API tells them."""

from backend.interfaces.supplier_api.answers import etag
from backend.interfaces.supplier_api.shapes import (
    BoxItemOut,
    BoxOut,
    EventOut,
    LabelOut,
    OrderItemOut,
    OrderOut,
    ShipmentOut,
)
from backend.journal.queries import Fact
from backend.shipments.queries import BoxView, Label, OrderFile, ShipmentView
from backend.supplier_orders.queries import ItemView


def order_out(file: OrderFile) -> OrderOut:
    order = file.order
    return OrderOut(
        id=order.public_id,
        number=order.number,
        etag=etag(order.public_id, order.version),
        request_status=order.request_status,
        status=file.status,
        allowed_actions=[str(action) for action in file.actions],
        policy=order.policy,
        replacement=order.replacement,
        supplier_ref=order.supplier_ref,
        charity=order.charity,
        location=order.warehouse_id,
        recipient=order.recipient,
        township=order.township,
        submitted_at=order.submitted_at,
        respond_by=order.respond_by,
        answered_at=order.answered_at,
        updated_at=order.updated_at,
        items=[item_out(item) for item in order.items],
        shipments=[shipment_out(shipment) for shipment in file.shipments],
    )


def item_out(item: ItemView) -> OrderItemOut:
    return OrderItemOut(
        id=item.public_id,
        sku=item.code,
        names=item.names,
        units=item.units,
        unit_price=item.unit_price,
        asked=item.asked,
        accepted=item.accepted,
        backordered=item.backordered,
        rejected=item.rejected,
        packed=item.shipped,
        stock_held=item.held,
        needs_expiry_date=item.shelf_life,
        expected_at=item.expected_at,
        reason=item.reason,
    )


def shipment_out(shipment: ShipmentView) -> ShipmentOut:
    return ShipmentOut(
        id=shipment.public_id,
        number=shipment.number,
        state=shipment.state,
        mode=shipment.mode,
        packed_at=shipment.packed_at,
        ready_at=shipment.ready_at,
        allowed_actions=[str(action) for action in shipment.actions],
        parcels=[_box_out(box) for box in shipment.boxes],
    )


def _box_out(box: BoxView) -> BoxOut:
    items = [
        BoxItemOut(item=i.item, sku=i.code, quantity=i.quantity, lot=i.lot, expires_on=i.expires_on)
        for i in box.items
    ]
    return BoxOut(code=box.code, grams=box.grams, cm3=box.cm3, handed=box.handed, items=items)


def label_out(label: Label) -> LabelOut:
    return LabelOut(
        code=label.code,
        qr=label.code,
        number=label.number,
        position=label.position,
        of=label.of,
        grams=label.grams,
        warehouse=label.warehouse,
        township=label.township,
        recipient=label.recipient,
        packed_on=label.packed_on,
    )


def event_out(fact: Fact) -> EventOut:
    """A fact without who did it: suppliers learn what happened to their goods, not who touched them."""
    return EventOut(
        sequence=fact.seq,
        id=fact.public_id,
        type=fact.kind,
        subject=fact.subject.partition(":")[2],
        happened_at=fact.happened_at,
        data=fact.public,
    )
