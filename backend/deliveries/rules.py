"""The life of a plan, a route, a stop and a drop."""

from enum import StrEnum

from backend.kernel.states import Transitions


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


CODE_TRIES = 5
