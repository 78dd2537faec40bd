"""What can be done with plans, routes and drops."""

from backend.deliveries.operations.adopted import adopt_handed_over
from backend.deliveries.operations.carried import ParcelElsewhere, send_by_carrier
from backend.deliveries.operations.counted import deliver_by_count, locked_drop
from backend.deliveries.operations.drops import (
    CodeLocked,
    NoCode,
    WrongCode,
    deliver,
    deliver_by_carrier,
    deliver_without_code,
    issue_code,
    renew_link,
)
from backend.deliveries.operations.plans import (
    MAX_SECONDS,
    PLAN_MOVED,
    BadDay,
    ask_plan,
    discard_plan,
    draft,
    fail,
    renew,
    retry_plan,
)
from backend.deliveries.operations.release import release_plan
from backend.deliveries.operations.road import (
    NotYourRoute,
    arrive,
    assign_courier,
    fail_stop,
    load,
    take_route,
)

__all__ = [
    "MAX_SECONDS",
    "PLAN_MOVED",
    "BadDay",
    "CodeLocked",
    "NoCode",
    "NotYourRoute",
    "ParcelElsewhere",
    "WrongCode",
    "adopt_handed_over",
    "arrive",
    "ask_plan",
    "assign_courier",
    "deliver",
    "deliver_by_carrier",
    "deliver_by_count",
    "deliver_without_code",
    "discard_plan",
    "draft",
    "fail",
    "fail_stop",
    "issue_code",
    "load",
    "locked_drop",
    "release_plan",
    "renew",
    "renew_link",
    "retry_plan",
    "send_by_carrier",
    "take_route",
]
