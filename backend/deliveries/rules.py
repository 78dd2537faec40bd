"""The life of a plan, a route, a stop and a drop, and the arithmetic of loading and carrying."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from backend.kernel.states import Transitions
from backend.parties.rules import AccessKind, Hours, VehicleClass, windows_on


class PlanState(StrEnum):
    ASKED = "asked"
    DRAFTED = "drafted"
    FAILED = "failed"
    RELEASED = "released"
    DISCARDED = "discarded"


PLAN = Transitions(
    "plan",
    {
        PlanState.ASKED: frozenset({PlanState.DRAFTED, PlanState.FAILED, PlanState.DISCARDED}),
        PlanState.DRAFTED: frozenset({PlanState.RELEASED, PlanState.DISCARDED}),
        PlanState.FAILED: frozenset({PlanState.ASKED}),
        PlanState.RELEASED: frozenset(),
        PlanState.DISCARDED: frozenset(),
    },
)


class RouteState(StrEnum):
    PLANNED = "planned"
    ON_ROAD = "on_road"
    DONE = "done"


ROUTE = Transitions(
    "route",
    {
        RouteState.PLANNED: frozenset({RouteState.ON_ROAD}),
        RouteState.ON_ROAD: frozenset({RouteState.DONE}),
        RouteState.DONE: frozenset(),
    },
)


class StopKind(StrEnum):
    PICKUP = "pickup"
    DELIVERY = "delivery"


class StopState(StrEnum):
    PLANNED = "planned"
    ARRIVED = "arrived"
    DONE = "done"
    FAILED = "failed"


STOP = Transitions(
    "stop",
    {
        StopState.PLANNED: frozenset({StopState.ARRIVED, StopState.FAILED}),
        StopState.ARRIVED: frozenset({StopState.DONE, StopState.FAILED}),
        StopState.DONE: frozenset(),
        StopState.FAILED: frozenset(),
    },
)


class DropState(StrEnum):
    EXPECTED = "expected"
    DELIVERED = "delivered"
    FAILED = "failed"


DROP = Transitions(
    "drop",
    {
        DropState.EXPECTED: frozenset({DropState.DELIVERED, DropState.FAILED}),
        DropState.DELIVERED: frozenset(),
        DropState.FAILED: frozenset(),
    },
)


class FailReason(StrEnum):
    NOBODY = "nobody"
    CLOSED = "closed"
    ROAD = "road"
    REFUSED = "refused"
    VEHICLE = "vehicle"
    NOT_LOADED = "not_loaded"  # nothing for this stop was on the vehicle


class Outside(StrEnum):
    """Why a ready shipment was not given to the solver at all."""

    FAR = "far"  # the warehouse lies beyond the reach of the vehicles
    SHUT = "shut"  # nobody receives on that weekday
    CLOSED = "closed"  # a reported closure of the recipient
    WAREHOUSE = "warehouse"  # the warehouse is shut or closed that day
    ROAD = "road"  # no vehicle class reaches the place


CODE_TRIES = 5
PLAN_TRIES = 3  # a plan whose worker died so often is not tried again
REACH_METRES = 120_000  # straight line from a vehicle's home to a warehouse it may fetch from
VISIT_SECONDS = 240  # find the gate, park, greet
SECONDS_PER_KG = 2.4  # 25 kg carried in or out a minute
KMH = {"plain": 45.0, "hills": 35.0, "mountains": 28.0}


def service_seconds(grams: int) -> int:
    """How long it takes to load or unload so much, beside the visit itself."""
    return round(grams / 1000 * SECONDS_PER_KG)


def urgency(waited_days: int, days_left: int | None) -> int:
    """Who goes first when not everything fits, 0 to 100: long waits and near dates. A fair mix, not a law."""
    waits = min(50, 5 * max(0, waited_days))
    near = 0 if days_left is None else max(0, 50 - 5 * max(0, days_left))
    return waits + near


def tariff(base_price: int, kg_price: int, grams: int) -> int:
    """Fen that a common carrier takes: its base and every begun kilogram."""
    return base_price + kg_price * -(-grams // 1000)


def classes_allowed(accesses: Iterable[tuple[str, str]]) -> list[str] | None:
    """Vehicle classes that the (kind, class or "" for all) rows let through; None: every class.

    A row that opens a class wins over those that close it: somebody looked and found a way.
    """
    allowed, opened = {c.value for c in VehicleClass}, set()
    for kind, vehicle_class in accesses:
        if kind == AccessKind.OPEN:
            opened |= {vehicle_class} if vehicle_class else {c.value for c in VehicleClass}
        elif kind == AccessKind.SMALL_ONLY:
            allowed &= {VehicleClass.MICROVAN.value}
        else:
            allowed -= {vehicle_class} if vehicle_class else allowed
    allowed |= opened
    return None if len(allowed) == len(VehicleClass) else sorted(allowed)


def midnight(on: date, zone: str) -> datetime:
    """The moment at which the plan's day begins where the vehicles drive."""
    return datetime.combine(on, time(), tzinfo=ZoneInfo(zone))


def moment(on: date, seconds: int, zone: str) -> datetime:
    """A plan's clock (seconds after midnight) as a moment."""
    return midnight(on, zone) + timedelta(seconds=seconds)


def window_at(hours: Hours, weekday: int, minute: int) -> tuple[int, int] | None:
    """The opening window that a visit at `minute` of the day falls into; None where a place is always open."""
    if not hours:
        return None
    windows = windows_on(hours, weekday)
    return next((window for window in windows if window[1] >= minute), None)
