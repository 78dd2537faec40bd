"""A route as its driver sees it: stops in order, boxes by code, what is next."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet, Sum

from backend.deliveries.models import DropParcel, Route, Stop
from backend.deliveries.rules import DropState, RouteState, StopKind, StopState
from backend.parties.models import Membership
from backend.parties.rules import Role
from backend.shipments.models import ParcelItem

Names = Mapping[str, str]


@dataclass(frozen=True)
class RoadBox:
    """One box: its printed code, whom it is for, whether it is still to come along."""

    code: str
    grams: int
    pieces: int
    to: Names
    stop_number: int
    state: DropState
    shipment: str


@dataclass(frozen=True)
class RoadStop:
    """One stop on the phone. `metres` is the way here from the stop before."""

    public_id: str
    number: int
    kind: StopKind
    names: Names
    township: str
    lon: float
    lat: float
    arrival: datetime
    departure: datetime
    window: tuple[datetime, datetime] | None
    metres: int
    state: StopState
    arrived_at: datetime | None
    done_at: datetime | None
    fail_reason: str
    boxes: tuple[RoadBox, ...]
    drop: str
    code_tries: int
    has_code: bool

    @property
    def open(self) -> bool:
        return self.state in (StopState.PLANNED, StopState.ARRIVED)

    @property
    def grams(self) -> int:
        return sum(box.grams for box in self.boxes)

    @property
    def pieces(self) -> int:
        return sum(box.pieces for box in self.boxes)

    @property
    def late_minutes(self) -> int:
        """Minutes behind the plan when it was reached."""
        return max(0, int((self.arrived_at - self.arrival).total_seconds() // 60)) if self.arrived_at else 0


@dataclass(frozen=True)
class RoadRoute:
    """One route with its stops; `next` is the first that is still open."""

    public_id: str
    plan_number: str
    sign: str
    vehicle_class: str
    on: date
    state: RouteState
    metres: int
    home: Names
    courier: str
    courier_id: int | None
    stops: tuple[RoadStop, ...]

    @property
    def next(self) -> RoadStop | None:
        return next((stop for stop in self.stops if stop.open), None)

    @property
    def boxes(self) -> int:
        return sum(len(stop.boxes) for stop in self.stops if stop.kind is StopKind.DELIVERY)


@dataclass(frozen=True)
class RouteLine:
    """A route in a list; `stops` are its deliveries."""

    public_id: str
    plan_number: str
    sign: str
    vehicle_class: str
    on: date
    state: RouteState
    stops: int


def routes_of_courier(*, user_id: int) -> list[RouteLine]:
    """The courier's routes that are not done, the earliest first."""
    rows = Route.objects.filter(courier_id=user_id).exclude(state=RouteState.DONE.value)
    return [_line(row) for row in _with_stops(rows)]


def free_routes(*, organisation_id: int) -> list[RouteLine]:
    """Routes of this carrier that nobody drives yet, the earliest first."""
    rows = Route.objects.filter(
        vehicle__carrier__organisation_id=organisation_id, courier=None, state=RouteState.PLANNED.value
    )
    return [_line(row) for row in _with_stops(rows)]


def _with_stops(rows: QuerySet[Route]) -> QuerySet[Route]:
    return rows.select_related("vehicle", "plan").prefetch_related("stops").order_by("on", "pk")


def _line(row: Route) -> RouteLine:
    stops = [stop for stop in row.stops.all() if stop.kind == StopKind.DELIVERY.value]
    return RouteLine(
        row.public_id,
        row.plan.number,
        row.vehicle.sign,
        row.vehicle.vehicle_class,
        row.on,
        RouteState(row.state),
        len(stops),
    )


def couriers_of(*, organisation_id: int) -> list[tuple[str, str]]:
    """(public id, name) of everybody who drives for this carrier."""
    rows = Membership.objects.filter(
        organisation_id=organisation_id, role=Role.COURIER.value, user__is_active=True
    ).select_related("user__person")
    return [(row.user.public_id, _name(row.user) or row.user.public_id) for row in rows.order_by("pk")]


def _name(user: object) -> str:
    person = getattr(user, "person", None)
    return person.name if person else ""


def road_route(*, route: Route) -> RoadRoute:
    """One route, whole, in a constant number of queries."""
    row = Route.objects.select_related("vehicle__home", "plan", "courier__person").get(pk=route.pk)
    stops = list(row.stops.select_related("site").prefetch_related("drops").order_by("step"))
    boxes = _boxes(row)
    return RoadRoute(
        row.public_id,
        row.plan.number,
        row.vehicle.sign,
        row.vehicle.vehicle_class,
        row.on,
        RouteState(row.state),
        row.metres,
        row.vehicle.home.names,
        _name(row.courier),
        row.courier_id,
        tuple(_stop(stop, boxes[stop.pk]) for stop in stops),
    )


def _boxes(route: Route) -> dict[int, list[RoadBox]]:
    """Boxes by stop id: under the stop where they are fetched and under the one where they are left."""
    rows = (
        DropParcel.objects.filter(drop__stop__route=route)
        .select_related("parcel__shipment", "drop__stop__site")
        .order_by("drop__stop__step", "pk")
    )
    held = ParcelItem.objects.filter(parcel__drops__drop__stop__route=route)
    pieces = dict(held.values_list("parcel_id").annotate(Sum("quantity")))
    boxes: dict[int, list[RoadBox]] = defaultdict(list)
    for row in rows:
        if (stop := row.drop.stop) is None:
            continue
        box = RoadBox(
            row.parcel.code,
            row.parcel.grams,
            pieces.get(row.parcel_id, 0),
            stop.site.names,
            stop.step,
            DropState(row.state),
            row.parcel.shipment.number,
        )
        boxes[stop.pk].append(box)
        if row.pickup_id is not None:
            boxes[row.pickup_id].append(box)
    return boxes


def _stop(row: Stop, boxes: list[RoadBox]) -> RoadStop:
    drop = next(iter(row.drops.all()), None)
    return RoadStop(
        row.public_id,
        row.step,
        StopKind(row.kind),
        row.site.names,
        row.site.township,
        row.site.lon,
        row.site.lat,
        row.planned_arrival,
        row.planned_departure,
        (row.window_from, row.window_to) if row.window_from and row.window_to else None,
        row.metres,
        StopState(row.state),
        row.arrived_at,
        row.done_at,
        row.fail_reason,
        tuple(boxes),
        drop.public_id if drop else "",
        drop.code_tries if drop else 0,
        bool(drop and drop.code_digest),
    )
