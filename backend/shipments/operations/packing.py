"""Goods go into boxes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import next_ids, own_transaction
from backend.kernel.errors import Conflicts, Malformed, Missing
from backend.kernel.states import WrongState, must_move
from backend.shipments.models import Parcel, ParcelItem, Shipment, ShipmentLine
from backend.shipments.rules import SHIPMENT, WITH_SUPPLIER, Mode, PackedBox, PackedItem, ShipmentState, keeps
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine
from backend.supplier_orders.operations import locked_order, ship_items, touch_orders
from backend.supplier_orders.queries import days_to
from backend.supplier_orders.rules import serve, slip_number


class NothingPacked(Malformed):
    """Every box holds something, and every quantity is at least 1."""

    code = "nothing_packed"


class NotInOrder(Malformed):
    """This item is not in the order."""

    code = "not_in_order"


class ExpiresTooEarly(Malformed):
    """These goods need an expiry date after the day on which they should arrive."""

    code = "expires_too_early"


class NoSuchShipment(Missing):
    """There is no such shipment, or it is not this supplier's."""

    code = "no_such_shipment"


class NotTheSameGoods(Conflicts):
    """Repacking changes boxes, not goods: the same quantities must be in the new boxes."""

    code = "not_the_same_goods"


@own_transaction
def pack(
    *,
    order: str,
    parcels: Sequence[PackedBox],
    actor: str,
    at: datetime,
    organisation_id: int | None = None,
    version: int | None = None,
    mode: Mode = Mode.OWN,
) -> Shipment:
    """Own transaction. Pack accepted goods of an order (public id) into boxes: one shipment.

    The oldest gifts go into the first boxes. Raises NoSuchOrder, OrderChanged, WrongState, NotThatMany,
    NothingPacked, NotInOrder, ExpiresTooEarly.
    """
    row = locked_order(order=order, organisation_id=organisation_id, version=version)
    items = _items_of(row)
    _check(parcels, items, row, at)
    ship_items(order=row, quantities=_totals(parcels, items), at=at)
    (pk,) = next_ids(Shipment, 1)
    shipment = Shipment.objects.create(
        pk=pk, number=slip_number("Y", pk), order=row, mode=mode.value, packed_at=at, updated_at=at
    )
    boxes = _fill(shipment, parcels, items)
    touch_orders(orders=[row.pk], at=at)
    _record(shipment, row, Kind.SHIPMENT_PACKED, actor=actor, at=at, parcels=[box.code for box in boxes])
    return shipment


def _items_of(order: SupplierOrder) -> dict[str, SupplierOrderItem]:
    return {item.public_id: item for item in order.items.select_related("offer__item").order_by("pk")}


def _check(
    parcels: Sequence[PackedBox], items: dict[str, SupplierOrderItem], order: SupplierOrder, at: datetime
) -> None:
    expected_on = _expected_on(order, at)
    if not parcels:
        raise NothingPacked(pointer="/parcels")
    for i, box in enumerate(parcels):
        pointer = f"/parcels/{i}"
        if not box.items or (box.grams is not None and box.grams <= 0):
            raise NothingPacked(pointer=pointer)
        for j, packed in enumerate(box.items):
            _check_item(packed, items.get(packed.item), f"{pointer}/items/{j}", expected_on)


def _expected_on(order: SupplierOrder, at: datetime) -> date:
    days = days_to(warehouse=order.warehouse_id, recipient=order.recipient_id, at=at)
    return (at.astimezone(ZoneInfo(settings.ZONE)) + timedelta(days=days)).date()


def _check_item(packed: PackedItem, item: SupplierOrderItem | None, pointer: str, expected_on: date) -> None:
    if item is None:
        raise NotInOrder(pointer=f"{pointer}/item")
    if packed.quantity < 1:
        raise NothingPacked(pointer=f"{pointer}/quantity")
    perishable = item.offer.item.shelf_life_days is not None
    if not keeps(packed.expires_on, perishable=perishable, expected_on=expected_on):
        raise ExpiresTooEarly(pointer=f"{pointer}/expires_on", expected_on=expected_on.isoformat())


def _totals(parcels: Iterable[PackedBox], items: dict[str, SupplierOrderItem]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for box in parcels:
        for packed in box.items:
            pk = items[packed.item].pk
            totals[pk] = totals.get(pk, 0) + packed.quantity
    return totals


def _fill(
    shipment: Shipment,
    parcels: Sequence[PackedBox],
    items: dict[str, SupplierOrderItem],
    repacked_from: Parcel | None = None,
) -> list[Parcel]:
    """Write boxes, what is in them, and whose units these are."""
    boxes = Parcel.objects.bulk_create(
        _box(shipment, pk, box, items, repacked_from)
        for pk, box in zip(next_ids(Parcel, len(parcels)), parcels, strict=True)
    )
    contents = ParcelItem.objects.bulk_create(
        ParcelItem(
            parcel=row,
            order_item=items[packed.item],
            quantity=packed.quantity,
            lot=packed.lot,
            expires_on=packed.expires_on,
        )
        for row, box in zip(boxes, parcels, strict=True)
        for packed in box.items
    )
    unpacked = _unpacked_lines({content.order_item_id for content in contents})
    ShipmentLine.objects.bulk_create(
        line for content in contents for line in _whose(content, unpacked[content.order_item_id])
    )
    return boxes


def _box(
    shipment: Shipment,
    pk: int,
    box: PackedBox,
    items: dict[str, SupplierOrderItem],
    repacked_from: Parcel | None,
) -> Parcel:
    things = [(items[packed.item].offer.item, packed.quantity) for packed in box.items]
    return Parcel(
        pk=pk,
        shipment=shipment,
        code=slip_number("X", pk),
        grams=box.grams if box.grams is not None else max(sum(t.grams * n for t, n in things), 1),
        cm3=box.cm3 if box.cm3 is not None else sum(t.cm3 * n for t, n in things),
        repacked_from=repacked_from,
    )


@dataclass
class _Left:
    """Units of an order line that are in no box yet."""

    line: int
    quantity: int


def _unpacked_lines(items: Iterable[int]) -> dict[int, list[_Left]]:
    """Per order item its lines, oldest gift first, with what is in no box yet."""
    rows = SupplierOrderLine.objects.filter(item__in=list(items)).order_by("pk")
    packed = dict(
        ShipmentLine.objects.filter(order_line__item__in=list(items))
        .values_list("order_line")
        .annotate(Sum("quantity"))
    )
    left: dict[int, list[_Left]] = {}
    for row in rows:
        quantity = row.quantity - row.dropped - packed.get(row.pk, 0)
        left.setdefault(row.item_id, []).append(_Left(row.pk, quantity))
    return left


def _whose(content: ParcelItem, left: list[_Left]) -> list[ShipmentLine]:
    parts = serve(content.quantity, [line.quantity for line in left])
    for line, part in zip(left, parts, strict=True):
        line.quantity -= part
    return [
        ShipmentLine(parcel_item=content, order_line_id=line.line, quantity=part)
        for line, part in zip(left, parts, strict=True)
        if part
    ]


def locked_shipment(*, shipment: str, organisation_id: int | None) -> tuple[Shipment, SupplierOrder]:
    """A shipment (public id) of a supplier and its order, both locked, the order first.

    Raises NoSuchShipment.
    """
    rows = Shipment.objects.filter(public_id=shipment)
    if organisation_id is not None:
        rows = rows.filter(order__supplier__organisation=organisation_id)
    found = rows.values_list("pk", "order__public_id").first()
    if found is None:
        raise NoSuchShipment
    order = locked_order(order=found[1], organisation_id=None, version=None)
    return Shipment.objects.select_for_update(of=("self",)).get(pk=found[0]), order


@own_transaction
def mark_ready(
    *, shipment: str, actor: str, at: datetime, organisation_id: int | None = None, version: int | None = None
) -> Shipment:
    """Own transaction. A packed shipment may be fetched: planning sees it from now on.

    `version` is the order's. Raises NoSuchShipment, OrderChanged, WrongState.
    """
    row, order = locked_shipment(shipment=shipment, organisation_id=organisation_id)
    _same(order, version)
    must_move(
        Shipment.objects.filter(pk=row.pk),
        SHIPMENT,
        to=ShipmentState.READY,
        field="state",
        ready_at=at,
        updated_at=at,
    )
    touch_orders(orders=[order.pk], at=at)
    row.refresh_from_db()
    _record(row, order, Kind.SHIPMENT_READY, actor=actor, at=at)
    return row


def _same(order: SupplierOrder, version: int | None) -> None:
    locked_order(order=order.public_id, organisation_id=None, version=version)


@own_transaction
def repack(
    *,
    shipment: str,
    parcels: Sequence[PackedBox],
    actor: str,
    at: datetime,
    organisation_id: int | None = None,
    version: int | None = None,
) -> Shipment:
    """Own transaction. The same goods in other boxes, while they are with the supplier; old labels end.

    Raises NoSuchShipment, OrderChanged, WrongState, NotTheSameGoods, and what `pack` raises about boxes.
    """
    row, order = locked_shipment(shipment=shipment, organisation_id=organisation_id)
    _same(order, version)
    if row.state not in WITH_SUPPLIER:
        raise WrongState(f"a shipment that is {row.state} cannot be repacked")
    items = _items_of(order)
    _check(parcels, items, order, at)
    contents = ParcelItem.objects.filter(parcel__shipment=row)
    before = dict(contents.values_list("order_item").annotate(Sum("quantity")))
    if before != _totals(parcels, items):
        raise NotTheSameGoods(pointer="/parcels")
    old = Parcel.objects.filter(shipment=row, voided_at=None).order_by("pk")
    first = old.first()
    ShipmentLine.objects.filter(parcel_item__parcel__shipment=row).delete()
    contents.delete()
    old.update(voided_at=at)
    boxes = _fill(row, parcels, items, repacked_from=first)
    Shipment.objects.filter(pk=row.pk).update(updated_at=at)
    touch_orders(orders=[order.pk], at=at)
    _record(row, order, Kind.SHIPMENT_PACKED, actor=actor, at=at, parcels=[box.code for box in boxes])
    return row


def _record(
    row: Shipment, order: SupplierOrder, kind: Kind, *, actor: str, at: datetime, parcels: Sequence[str] = ()
) -> None:
    public: dict[str, object] = {"number": row.number, "order": order.public_id, "mode": row.mode}
    if parcels:
        public["parcels"] = list(parcels)
    record(
        kind=kind,
        subject=f"shipment:{row.public_id}",
        actor=actor,
        at=at,
        charity=order.charity.organisation.public_id,
        public=public,
    )
