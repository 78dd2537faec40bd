"""What is due to suppliers, who may supply it, and how orders stand."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from django.db.models import Max, Q, QuerySet
from geopy.distance import great_circle

from backend.catalogue.models import Lane, Offer, Stock
from backend.donations.models import Question
from backend.donations.rules import Choice as Wish
from backend.parties.models import Charity, Recipient, Site
from backend.supplier_orders.models import (
    StopPrice,
    SupplierOrder,
    SupplierOrderItem,
    SupplierOrderLine,
)
from backend.supplier_orders.rules import OrderAction, RequestStatus, order_actions, usual_stop

MOST_LEARNED = 2_000  # stop prices looked at, the newest


@dataclass(frozen=True)
class Supply:
    """An offer that may supply an item to a recipient, with what is known of it now.

    `free` is None where the stock is not known; `stop_price` what one more stop there costs (fen): as the last
    plan taught, else by its way, made dearer or cheaper as the known stops of these warehouses are.
    `minimum_amount`: goods of one order at least (fen); `breaks`: see catalogue.rules.price_at.
    """

    offer: int
    item: int
    supplier: int
    warehouse: int
    recipient: int
    charity: int | None
    realm: str
    currency: str
    unit_price: int
    pack_size: int
    free: int | None
    stop_price: int
    days_max: int
    lane_base_price: int
    lane_kg_price: int
    grams: int = 0
    minimum_amount: int = 0
    breaks: tuple[tuple[int, int], ...] = ()


def supplies(*, items: Collection[int], recipients: Collection[int], at: datetime) -> list[Supply]:
    """Every offer in force for `items` whose warehouse delivers to one of `recipients`. Constant queries."""
    offers = list(_offers(items, at))
    warehouses = {offer.warehouse_id for offer in offers}
    places = _places(recipients)
    lanes = _lanes(warehouses, at)
    stocks = {
        (warehouse, item): (on_hand - reserved)
        for warehouse, item, on_hand, reserved in Stock.objects.filter(
            warehouse__in=warehouses, item__in=items
        ).values_list("warehouse", "item", "on_hand", "reserved")
    }
    prices = _StopPrices(warehouses)
    return [
        _supply(offer, recipient, lane, stocks, prices(offer.warehouse, recipient, place))
        for offer in offers
        for recipient, place in places.items()
        if (lane := best_lane(lanes.get(offer.warehouse_id, []), place.codes)) is not None
    ]


def _offers(items: Collection[int], at: datetime) -> QuerySet[Offer]:
    rows = Offer.objects.filter(item__in=items, supplier__verified_at__isnull=False)
    rows = rows.filter(Q(during__isnull=True) | Q(during__contains=at))
    return rows.select_related("supplier__organisation", "warehouse", "item").order_by("pk")


@dataclass(frozen=True)
class _Place:
    codes: tuple[str, str]
    lon: float
    lat: float
    terrain: str


def _places(recipients: Collection[int]) -> dict[int, _Place]:
    fields = ("township_code", "county_code", "lon", "lat", "terrain")
    rows = Recipient.objects.filter(pk__in=recipients).order_by("pk")
    return {
        pk: _Place((township, county), lon, lat, terrain)
        for pk, township, county, lon, lat, terrain in rows.values_list("pk", *[f"site__{f}" for f in fields])
    }


class _StopPrices:
    """What a stop costs from each of some warehouses: as the last plans taught, else by its way."""

    def __init__(self, warehouses: Collection[int]) -> None:
        rows = StopPrice.objects.filter(warehouse__in=warehouses).order_by("-learned_at", "pk")
        ends = [f"{end}__{field}" for end in ("warehouse", "recipient__site") for field in ("lon", "lat")]
        self.known: dict[tuple[int, int], int] = {}
        dearer = []
        for warehouse, recipient, amount, terrain, *spots in rows.values_list(
            "warehouse", "recipient", "amount", "recipient__site__terrain", *ends
        )[:MOST_LEARNED]:
            self.known[warehouse, recipient] = amount
            dearer.append(amount / usual_stop(_km(*spots), terrain))
        self.factor = median(dearer) if dearer else 1.0

    def __call__(self, warehouse: Site, recipient: int, place: _Place) -> int:
        learned = self.known.get((warehouse.pk, recipient))
        if learned is not None:
            return learned
        straight = _km(warehouse.lon, warehouse.lat, place.lon, place.lat)
        return round(self.factor * usual_stop(straight, place.terrain))


def _km(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    return float(great_circle((lat, lon), (to_lat, to_lon)).kilometers)


def _lanes(warehouses: Collection[int], at: datetime) -> dict[int, list[Lane]]:
    rows = Lane.objects.filter(warehouse__in=warehouses)
    rows = rows.filter(Q(during__isnull=True) | Q(during__contains=at)).order_by("pk")
    lanes: dict[int, list[Lane]] = {}
    for lane in rows:
        lanes.setdefault(lane.warehouse_id or 0, []).append(lane)
    return lanes


def best_lane(lanes: Iterable[Lane], codes: tuple[str, str]) -> Lane | None:
    """The lane with the longest division code that covers a place (its township and county codes)."""
    covering = [lane for lane in lanes if any(code.startswith(lane.to_division) for code in codes)]
    return max(covering, key=lambda lane: len(lane.to_division), default=None)


def _supply(
    offer: Offer,
    recipient: int,
    lane: Lane,
    stocks: Mapping[tuple[int, int], int],
    stop_price: int,
) -> Supply:
    return Supply(
        offer=offer.pk,
        item=offer.item_id,
        supplier=offer.supplier_id,
        warehouse=offer.warehouse_id,
        recipient=recipient,
        charity=offer.charity_id,
        realm=offer.supplier.organisation.realm,
        currency=offer.currency,
        unit_price=offer.charity_price,
        pack_size=offer.pack_size,
        free=stocks.get((offer.warehouse_id, offer.item_id)),
        stop_price=stop_price,
        days_max=lane.days_max,
        lane_base_price=lane.base_price,
        lane_kg_price=lane.kg_price,
        grams=offer.item.grams,
        minimum_amount=lane.minimum_amount,
        breaks=tuple((units, price) for units, price in offer.price_breaks),
    )


def declined_offers(*, funded_lines: Collection[int]) -> dict[int, set[int]]:
    """Offers that declined (or kept silent) for each funded line since its donor last said «wait»."""
    waited = dict(
        Question.objects.filter(funded_line__in=funded_lines, answer=Wish.WAIT.value)
        .values_list("funded_line")
        .annotate(Max("answered_at"))
    )
    rows = SupplierOrderLine.objects.filter(funded_line__in=funded_lines, dropped__gt=0).values_list(
        "funded_line", "item__offer", "item__order__answered_at"
    )
    declined: dict[int, set[int]] = {}
    for funded_line, offer, answered_at in rows:
        since = waited.get(funded_line)
        if since is None or answered_at is None or answered_at > since:
            declined.setdefault(funded_line, set()).add(offer)
    return declined


def last_suppliers(*, funded_lines: Collection[int]) -> dict[int, tuple[int, int]]:
    """(order line, offer) that last shipped something for each funded line: it makes good what was short."""
    rows = SupplierOrderLine.objects.filter(funded_line__in=funded_lines, item__shipped__gt=0)
    found = rows.order_by("pk").values_list("funded_line", "pk", "item__offer")
    return {funded_line: (line, offer) for funded_line, line, offer in found}


@dataclass(frozen=True)
class ItemView:
    """One item of an order as its supplier sees it."""

    public_id: str
    code: str
    names: dict[str, str]
    units: dict[str, str]
    specs: dict[str, str]
    drawing: str
    shelf_life: bool
    unit_price: int
    asked: int
    accepted: int
    backordered: int
    rejected: int
    shipped: int
    held: int
    expected_at: datetime | None
    reason: str
    grams: int
    cm3: int

    @property
    def unpacked(self) -> int:
        return self.accepted + self.backordered - self.shipped


@dataclass(frozen=True)
class OrderView:
    """An order as its supplier sees it. Nothing in it is about donors."""

    id: int
    public_id: str
    number: str
    charity: dict[str, str]
    warehouse: dict[str, str]
    warehouse_id: str
    recipient: dict[str, str]
    township: str
    request_status: RequestStatus
    policy: str
    replacement: bool
    supplier_ref: str | None
    submitted_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    updated_at: datetime
    version: int
    items: list[ItemView] = field(default_factory=list)

    @property
    def unpacked(self) -> int:
        return sum(item.unpacked for item in self.items)

    @property
    def actions(self) -> list[OrderAction]:
        return order_actions(self.request_status, self.unpacked)

    @property
    def grams(self) -> int:
        return sum(item.grams * (item.asked - item.rejected) for item in self.items)


def _order_view(row: SupplierOrder, items: list[SupplierOrderItem]) -> OrderView:
    return OrderView(
        id=row.pk,
        public_id=row.public_id,
        number=row.number,
        charity=row.charity.organisation.names,
        warehouse=row.warehouse.names,
        warehouse_id=row.warehouse.public_id,
        recipient=row.recipient.organisation.names,
        township=row.recipient.site.township,
        request_status=RequestStatus(row.request_status),
        policy=row.policy,
        replacement=row.replacement,
        supplier_ref=row.supplier_ref,
        submitted_at=row.submitted_at,
        respond_by=row.respond_by,
        answered_at=row.answered_at,
        updated_at=row.updated_at,
        version=row.version,
        items=[_item_view(item) for item in items],
    )


def _item_view(row: SupplierOrderItem) -> ItemView:
    item = row.offer.item
    reservation = getattr(row, "reservation", None)
    return ItemView(
        public_id=row.public_id,
        code=item.code,
        names=item.names,
        units=item.units,
        specs=item.specs,
        drawing=item.drawing,
        shelf_life=item.shelf_life_days is not None,
        unit_price=row.unit_price,
        asked=row.asked,
        accepted=row.accepted,
        backordered=row.backordered,
        rejected=row.rejected,
        shipped=row.shipped,
        held=reservation.quantity if reservation else 0,
        expected_at=row.expected_at,
        reason=row.reason,
        grams=item.grams,
        cm3=item.cm3,
    )


def order_views(rows: QuerySet[SupplierOrder]) -> list[OrderView]:
    """Views of `rows` in their order. Two queries."""
    orders = list(
        rows.select_related(
            "charity__organisation", "warehouse", "recipient__organisation", "recipient__site"
        )
    )
    items: dict[int, list[SupplierOrderItem]] = {}
    for item in (
        SupplierOrderItem.objects.filter(order__in=orders)
        .select_related("offer__item", "reservation")
        .order_by("pk")
    ):
        items.setdefault(item.order_id, []).append(item)
    return [_order_view(order, items.get(order.pk, [])) for order in orders]


def orders_of(*, organisation_id: int) -> QuerySet[SupplierOrder]:
    """The orders of one supplier (by its organisation)."""
    return SupplierOrder.objects.filter(supplier__organisation=organisation_id)


def order_page(
    *,
    organisation_id: int,
    request_status: str = "",
    updated_since: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[OrderView]:
    """Up to `limit` orders of a supplier after a place in the order: by submission, or by change when
    asked for what was updated since. Three queries.
    """
    moment = "submitted_at" if updated_since is None else "updated_at"
    rows = orders_of(organisation_id=organisation_id)
    if request_status:
        rows = rows.filter(request_status=request_status)
    if updated_since is not None:
        rows = rows.filter(updated_at__gte=updated_since)
    if after is not None:
        later = Q(**{f"{moment}__gt": after[0]}) | Q(**{moment: after[0], "pk__gt": after[1]})
        rows = rows.filter(later)
    return order_views(rows.order_by(moment, "pk")[:limit])


def order_view(*, public_id: str, organisation_id: int) -> OrderView | None:
    """One order, if it is this supplier's."""
    views = order_views(orders_of(organisation_id=organisation_id).filter(public_id=public_id))
    return views[0] if views else None


def warehouses_of(*, organisation_id: int) -> list[tuple[int, str, dict[str, str]]]:
    """(id, public id, names) of each warehouse from which a supplier offers."""
    rows = Site.objects.filter(organisation=organisation_id, kind="warehouse").order_by("pk")
    return list(rows.values_list("pk", "public_id", "names"))


USUAL_DAYS = 7


def days_to(*, warehouse: int, recipient: int, at: datetime) -> int:
    """How many days goods take at most from a warehouse to a recipient, by the lane in force."""
    codes = _places([recipient])[recipient].codes
    lane = best_lane(_lanes([warehouse], at).get(warehouse, []), codes)
    return lane.days_max if lane else USUAL_DAYS


def realms(*, charities: Collection[int]) -> dict[int, str]:
    """In which realm each charity (id) is: live gifts reach live suppliers only."""
    return dict(Charity.objects.filter(pk__in=charities).values_list("pk", "organisation__realm"))
