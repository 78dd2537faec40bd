"""What is ready to be fetched, where a gift's goods are, and what a label says."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Min, Value
from django.db.models.functions import Concat

from backend.journal import queries as facts
from backend.journal.kinds import Kind
from backend.journal.queries import Fact
from backend.parties.models import Site
from backend.shipments.models import Handover, Parcel, ParcelItem, Shipment, ShipmentLine
from backend.shipments.rules import (
    Mode,
    OrderStatus,
    ShipmentAction,
    ShipmentState,
    masked,
    order_status,
    shipment_actions,
)
from backend.supplier_orders.models import SupplierOrderLine
from backend.supplier_orders.queries import OrderView, order_views, orders_of
from backend.supplier_orders.rules import OrderAction


@dataclass(frozen=True)
class ReadyShipment:
    """A shipment that waits for a vehicle: where it lies, where it goes, how big and how urgent it is."""

    id: int
    public_id: str
    number: str
    state: ShipmentState
    order_id: int
    warehouse: Site
    recipient_id: int
    recipient_site: Site
    parcels: tuple[int, ...]
    grams: int
    cm3: int
    ready_at: datetime
    oldest_gift_at: datetime
    needed_on: date | None


def ready_shipments(
    *,
    county_code: str = "",
    states: Collection[ShipmentState] = (ShipmentState.READY,),
    shipments: Collection[int] | None = None,
) -> list[ReadyShipment]:
    """Shipments for our own vehicles in one of `states`, oldest gift first. Two queries.

    Those of one county of recipients, or only the given ids, where asked.
    """
    rows = Shipment.objects.filter(
        mode=Mode.OWN.value, state__in=[state.value for state in states], ready_at__isnull=False
    )
    if county_code:
        rows = rows.filter(order__recipient__site__county_code=county_code)
    if shipments is not None:
        rows = rows.filter(pk__in=shipments)
    funded = "parcels__items__lines__order_line__funded_line__"
    found = list(
        rows.select_related("order__warehouse", "order__recipient__site").annotate(
            oldest=Min(f"{funded}due_at"), needed=Min(f"{funded}need_line__appeal__needed_on")
        )
    )
    boxes = _boxes([row.pk for row in found])
    ready = [_ready(row, boxes.get(row.pk, [])) for row in found]
    return sorted(ready, key=lambda row: (row.oldest_gift_at, row.id))


def _boxes(shipments: Collection[int]) -> dict[int, list[Parcel]]:
    boxes: dict[int, list[Parcel]] = {}
    for box in Parcel.objects.filter(shipment__in=shipments, voided_at=None).order_by("pk"):
        boxes.setdefault(box.shipment_id, []).append(box)
    return boxes


def _ready(row: Shipment, boxes: Sequence[Parcel]) -> ReadyShipment:
    ready_at = row.ready_at or row.packed_at
    return ReadyShipment(
        id=row.pk,
        public_id=row.public_id,
        number=row.number,
        state=ShipmentState(row.state),
        order_id=row.order_id,
        warehouse=row.order.warehouse,
        recipient_id=row.order.recipient_id,
        recipient_site=row.order.recipient.site,
        parcels=tuple(box.pk for box in boxes),
        grams=sum(box.grams for box in boxes),
        cm3=sum(box.cm3 for box in boxes),
        ready_at=ready_at,
        oldest_gift_at=getattr(row, "oldest", None) or ready_at,
        needed_on=getattr(row, "needed", None),
    )


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
    boxes = _boxes([row.pk for row in shipments])
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
