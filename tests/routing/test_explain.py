"""Why not? A planner asks about every job left out, and what each stop costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.checker import check
from routing.explain import (
    alternatives,
    evaluate,
    explained,
    inserted,
    lane_prices,
    moved,
    stop_prices,
    what_if,
)
from routing.plan import Appraiser, Infeasible, Plan, build
from routing.problem import Act, Job, Location, Lock, Problem, Sequence, Task, Vehicle, Window, acts_of
from routing.solver import Params, solve_with
from tests.routing.county import HOUR, LORRY, VAN, pair, road

QUICK = Params(seconds=2, iterations=100, isolated=False)


def planned(problem: Problem) -> Plan:
    return explained(problem, solve_with(problem, QUICK))


CASES: dict[str, tuple[Job, dict[str, Any], str, int]] = {
    "too heavy for the van": (pair("piano", "near", 700), {}, "capacity", 100),
    "a narrow road": (pair("rice", "near", classes=("handcart",)), {}, "class", 0),
    "needs cooling": (pair("milk", "near", skills=("cold",)), {}, "skills", 1),
    "for another vehicle": (pair("rice", "near", vehicles=()), {}, "vehicle", 0),
    "the school closes at nine": (
        pair("rice", "far", pickup=Task("depot"), delivery=Task("far", (Window(0, 8 * HOUR + 1_700),))),
        {},
        "window",
        100,
    ),
    "the shift is too short": (
        pair("rice", "far", pickup=Task("depot"), delivery=Task("far")),
        {"shift": Window(8 * HOUR, 9 * HOUR - 60)},
        "shift",
        60,
    ),
    "too far": (pair("rice", "far"), {"max_metres": 59_000}, "distance", 1_000),
    "too long": (
        pair("rice", "far", pickup=Task("depot"), delivery=Task("far")),
        {"max_seconds": 3_500},
        "duration",
        100,
    ),
    "the carrier is cheaper": (pair("rice", "near", tariff=5_000), {"hour_price": 0}, "price", 7_000),
}


@pytest.mark.parametrize("name", CASES)
def test_every_job_left_out_has_a_reason_and_by_how_much(name: str) -> None:
    job, changes, code, short = CASES[name]
    plan = planned(road((job,), (replace(VAN, **changes),)))
    (left,) = plan.unserved
    assert [(reason.vehicle, reason.code, reason.short) for reason in left.reasons] == [("van", code, short)]


def test_a_full_van_says_how_full() -> None:
    close = Task("near", (Window(8 * HOUR, 8 * HOUR + 1200),))
    jobs = tuple(pair(name, "near", 400, pickup=Task("depot"), delivery=close) for name in ("rice", "coats"))
    (left,) = planned(road(jobs)).unserved
    assert (left.reasons[0].code, left.reasons[0].short) == ("full", 200)
    assert left.relaxation is not None
    assert (left.relaxation.code, left.relaxation.amount, left.relaxation.added_cost) == ("full", 200, 0)


def test_the_cheapest_relaxation_is_named() -> None:
    narrow = replace(pair("rice", "near"), classes=("van",))
    problem = road((narrow,), (LORRY, replace(VAN, shift=Window(8 * HOUR, 8 * HOUR + 60), fixed_price=0)))
    (left,) = planned(problem).unserved
    assert [reason.code for reason in left.reasons] == ["class", "shift"]
    assert left.relaxation is not None
    assert (left.relaxation.vehicle, left.relaxation.code) == ("van", "shift")
    assert left.relaxation.amount == 1_200 + 360 - 60


def test_a_stop_costs_what_the_plan_saves_without_it(small: Problem) -> None:
    plan = planned(small)
    prices = {price.location: price.price for price in plan.stop_prices}
    without_far = replace(small, jobs=small.jobs[:2])
    assert prices["far"] == plan.cost.total - planned(without_far).cost.total
    assert prices["near"] < prices["far"]
    assert prices["depot"] == plan.cost.total


def test_a_stop_knows_its_carrier_only_where_each_job_has_a_tariff(small: Problem) -> None:
    jobs = tuple(replace(job, tariff=50_000) for job in small.jobs)
    assert {price.carrier for price in planned(replace(small, jobs=jobs)).stop_prices} == {50_000, 150_000}
    assert {price.carrier for price in planned(small).stop_prices} == {None}


def test_lane_prices_share_a_stop_among_its_origins() -> None:
    near = pair("rice", "near", 100)
    other = replace(pair("coats", "near", 300), pickup=Task("middle"))
    problem = road((near, other))
    plan = planned(problem)
    lanes = lane_prices(problem, plan)
    (price,) = [p.price for p in stop_prices(problem, plan) if p.location == "near" and len(p.jobs) == 2] or [
        None
    ]
    assert set(lanes) == {("depot", "near"), ("middle", "near")}
    if price is not None:
        assert 0 <= price - sum(lanes.values()) <= 2


def test_a_plan_made_by_hand_is_priced_or_refused(small: Problem) -> None:
    good = evaluate(small, (Sequence("van", (Act("rice", "pickup"), Act("rice", "delivery"))),))
    assert isinstance(good, Plan) and {item.job for item in good.unserved} == {"coats", "books"}
    bad = evaluate(small, (Sequence("van", (Act("rice", "delivery"), Act("rice", "pickup"))),))
    assert isinstance(bad, Infeasible) and bad.broken.code == "order"


def test_other_vehicles_for_a_job_come_cheapest_first() -> None:
    problem = road((pair("rice", "near"),), (LORRY, VAN))
    plan = build(Appraiser(problem), [Sequence("lorry", (Act("rice", "pickup"), Act("rice", "delivery")))])
    found = alternatives(problem, plan, "rice")
    assert [item.vehicle for item in found] == ["van", "lorry"]
    assert found[1].added_cost == plan.cost.total


def test_two_hundred_stops_are_explained_in_under_a_second() -> None:
    import time

    places = tuple(Location(f"p{n}", 105 + n % 20 / 50, 25 + n // 20 / 50) for n in range(200))
    fleet = tuple(Vehicle(f"v{n}", "p0", "p0", (100,), km_price=100) for n in range(10))
    jobs = tuple(Job(f"j{n}", (4,), None, Task(f"p{n}")) for n in range(1, 200))
    from routing.distances import completed

    problem = completed(
        Problem(places, fleet, (*jobs, Job("big", (30,), None, Task("p7"))), dimensions=("boxes",))
    )
    acts = [Act(job.id, "delivery") for job in jobs]
    plan = build(
        Appraiser(problem), [Sequence(f"v{n}", tuple(acts[n * 20 : n * 20 + 20])) for n in range(10)]
    )
    begun = time.monotonic()
    found = explained(problem, plan)
    assert time.monotonic() - begun < 1
    assert {reason.code for reason in found.unserved[0].reasons} == {"full"}


def test_one_more_job_goes_to_the_cheapest_place_there_is(small: Problem) -> None:
    two = evaluate(small, (Sequence("van", tuple(a for job in small.jobs[:2] for a in acts_of(job))),))
    assert isinstance(two, Plan)
    more = inserted(small, two, "books")
    assert more is not None and not more.unserved
    found = alternatives(small, two, "books")
    assert more.cost.total == two.cost.total + found[0].added_cost
    assert inserted(replace(small, jobs=(*small.jobs, pair("piano", "near", 700))), two, "piano") is None


def test_jobs_are_moved_to_a_vehicle_by_hand() -> None:
    problem = road((pair("rice", "near"), pair("coats", "far")), (VAN, LORRY))
    plan = planned(problem)
    there = moved(problem, plan, ["rice", "coats"], vehicle="lorry")
    assert there is not None and [route.vehicle for route in there.routes] == ["lorry"]
    assert there.cost.total > plan.cost.total
    assert moved(problem, plan, ["rice"], vehicle="lorry") is not None


def test_what_if_keeps_what_may_stay_and_says_what_it_costs() -> None:
    problem = road((pair("rice", "near"), pair("coats", "far"), pair("hats", "far", tariff=9)), (VAN, LORRY))
    plan = planned(problem)
    locked = what_if(replace(problem, locks=(Lock("coats", "lorry"),)), plan)
    assert (locked.moved, locked.left_out) == (("coats",), ())
    assert check(replace(problem, locks=(Lock("coats", "lorry"),)), locked.plan) == []
    assert locked.added_cost == locked.plan.cost.total - plan.cost.total > 0
    short = replace(problem, vehicles=(replace(VAN, shift=Window(8 * HOUR, 8 * HOUR + 3_000)),))
    late = what_if(short, plan)
    assert late.left_out == ("coats",) and check(short, late.plan) == []
