"""Orders with their shipments, labels and events, as their supplier sees them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from backend.journal import queries as facts
from backend.journal.kinds import Kind
from backend.journal.queries import Fact
from backend.shipments.models import Handover, Parcel, ParcelItem, Shipment
from backend.shipments.queries.ready import boxes_of
from backend.shipments.rules import (
    OrderStatus,
    Pile,
    ShipmentAction,
    ShipmentState,
    masked,
    order_status,
    shipment_actions,
)
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem
from backend.supplier_orders.queries import OrderView, order_views, orders_of
from backend.supplier_orders.rules import ACCEPTED, OrderAction, RequestStatus


@dataclass(frozen=True)
class Label:
    """What is printed on a box: where it goes in general, and nothing about anybody."""

    code: str
    number: str
    position: int
    of: int
    grams: int
    warehouse: dict[str, str]
    township: str
    recipient: str
    packed_on: date


def labels(*, shipment: str, organisation_id: int) -> list[Label]:
    """The labels of a shipment (public id) of a supplier; none when it is not theirs. One query."""
    boxes = list(
        Parcel.objects.filter(
            shipment__public_id=shipment,
            shipment__order__supplier__organisation=organisation_id,
            voided_at=None,
        )
        .select_related("shipment__order__warehouse", "shipment__order__recipient__organisation")
        .select_related("shipment__order__recipient__site")
        .order_by("pk")
    )
    return [_label(box, i, len(boxes)) for i, box in enumerate(boxes, start=1)]


def _label(box: Parcel, position: int, of: int) -> Label:
    order = box.shipment.order
    return Label(
        code=box.code,
        number=box.shipment.number,
        position=position,
        of=of,
        grams=box.grams,
        warehouse=order.warehouse.names,
        township=order.recipient.site.township,
        recipient=masked(order.recipient.organisation.names["zh-Hans"]),
        packed_on=box.shipment.packed_at.date(),
    )


@dataclass(frozen=True)
class BoxItemView:
    item: str
    code: str
    names: dict[str, str]
    quantity: int
    lot: str
    expires_on: date | None


@dataclass(frozen=True)
class BoxView:
    code: str
    grams: int
    cm3: int
    handed: str
    items: tuple[BoxItemView, ...]


@dataclass(frozen=True)
class ShipmentView:
    """A shipment as its supplier sees it."""

    public_id: str
    number: str
    state: ShipmentState
    mode: str
    packed_at: datetime
    ready_at: datetime | None
    units: int
    boxes: tuple[BoxView, ...]

    @property
    def actions(self) -> list[ShipmentAction]:
        return shipment_actions(self.state)


@dataclass(frozen=True)
class OrderFile:
    """An order with its shipments, and where it stands."""

    order: OrderView
    shipments: tuple[ShipmentView, ...]

    @property
    def status(self) -> OrderStatus:
        kept = sum(item.accepted + item.backordered for item in self.order.items)
        return order_status(
            self.order.request_status, kept, ((row.state, row.units) for row in self.shipments)
        )

    @property
    def actions(self) -> list[OrderAction]:
        return self.order.actions


def order_files(orders: Sequence[OrderView]) -> list[OrderFile]:
    """`orders` with their shipments and boxes. Four queries."""
    rows = Shipment.objects.filter(order__in=[order.id for order in orders]).order_by("pk")
    shipments = list(rows)
    boxes = boxes_of([row.pk for row in shipments])
    ids = [box.pk for row in boxes.values() for box in row]
    contents = _contents(ids)
    handed = dict(Handover.objects.filter(parcel__in=ids).order_by("pk").values_list("parcel", "step"))
    by_order: dict[int, list[ShipmentView]] = {}
    for row in shipments:
        views = tuple(
            _box_view(box, contents.get(box.pk, []), handed.get(box.pk, "")) for box in boxes.get(row.pk, [])
        )
        by_order.setdefault(row.order_id, []).append(_shipment_view(row, views))
    return [OrderFile(order, tuple(by_order.get(order.id, ()))) for order in orders]


def _contents(boxes: Collection[int]) -> dict[int, list[ParcelItem]]:
    contents: dict[int, list[ParcelItem]] = {}
    rows = ParcelItem.objects.filter(parcel__in=boxes).select_related("order_item__offer__item")
    for row in rows.order_by("pk"):
        contents.setdefault(row.parcel_id, []).append(row)
    return contents


def _box_view(box: Parcel, contents: Sequence[ParcelItem], handed: str) -> BoxView:
    items = tuple(
        BoxItemView(
            row.order_item.public_id,
            row.order_item.offer.item.code,
            row.order_item.offer.item.names,
            row.quantity,
            row.lot,
            row.expires_on,
        )
        for row in contents
    )
    return BoxView(box.code, box.grams, box.cm3, handed, items)


def _shipment_view(row: Shipment, boxes: tuple[BoxView, ...]) -> ShipmentView:
    return ShipmentView(
        public_id=row.public_id,
        number=row.number,
        state=ShipmentState(row.state),
        mode=row.mode,
        packed_at=row.packed_at,
        ready_at=row.ready_at,
        units=sum(item.quantity for box in boxes for item in box.items),
        boxes=boxes,
    )


def order_file(*, public_id: str, organisation_id: int) -> OrderFile | None:
    """One order of a supplier with its shipments; None when there is no such order of theirs."""
    files = order_files(order_views(orders_of(organisation_id=organisation_id).filter(public_id=public_id)))
    return files[0] if files else None


def order_of_shipment(*, shipment: str, organisation_id: int) -> str | None:
    """The order (public id) of a supplier's shipment (public id)."""
    rows = Shipment.objects.filter(public_id=shipment, order__supplier__organisation=organisation_id)
    return rows.values_list("order__public_id", flat=True).first()


EVENT_KINDS = (
    Kind.ORDER_SENT,
    Kind.ORDER_ANSWERED,
    Kind.ORDER_EXPIRED,
    Kind.ORDER_CANCELLED,
    Kind.SHIPMENT_PACKED,
    Kind.SHIPMENT_READY,
    Kind.PARCEL_HANDED,
    Kind.SHIPMENT_MOVED,
)


def events(*, organisation_id: int, after: int, limit: int) -> list[Fact]:
    """Facts about a supplier's orders and shipments placed after `after`, in order."""
    orders = orders_of(organisation_id=organisation_id)
    shipments = Shipment.objects.filter(order__supplier__organisation=organisation_id)
    return facts.within(
        seq=after,
        limit=limit,
        subjects=[
            orders.values_list(Concat(Value("order:"), "public_id", output_field=CharField())),
            shipments.values_list(Concat(Value("shipment:"), "public_id", output_field=CharField())),
        ],
        kinds=[kind.value for kind in EVENT_KINDS],
    )


def _piles(organisation_id: int) -> dict[Pile, QuerySet[SupplierOrder]]:
    """A supplier's orders by what waits for somebody, the most urgent first; an order lies in one pile."""
    orders = orders_of(organisation_id=organisation_id)
    taken = orders.filter(request_status__in=[status.value for status in ACCEPTED])
    unpacked = Exists(
        SupplierOrderItem.objects.filter(order=OuterRef("pk"), shipped__lt=F("accepted") + F("backordered"))
    )
    standing = [ShipmentState.PACKED.value, ShipmentState.READY.value, ShipmentState.PLANNED.value]
    waiting = Exists(Shipment.objects.filter(order=OuterRef("pk"), state__in=standing))
    submitted = Q(request_status=RequestStatus.SUBMITTED.value)
    return {
        Pile.ANSWER: orders.filter(submitted).order_by("respond_by", "pk"),
        Pile.PACK: taken.filter(unpacked).order_by("submitted_at", "pk"),
        Pile.SEND: taken.filter(~unpacked, waiting).order_by("submitted_at", "pk"),
        Pile.GONE: orders.exclude(submitted).filter(~unpacked, ~waiting).order_by("-updated_at", "-pk"),
    }


def desk_counts(*, organisation_id: int) -> dict[Pile, int]:
    """How many orders lie in each pile. One query each."""
    return {pile: rows.count() for pile, rows in _piles(organisation_id).items()}


def desk_orders(*, organisation_id: int, pile: Pile, offset: int, limit: int) -> list[OrderFile]:
    """One page of a pile. Six queries."""
    return order_files(order_views(_piles(organisation_id)[pile][offset : offset + limit]))
