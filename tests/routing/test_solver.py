"""The planner's morning: a county goes in, a plan that can be driven comes out, in time."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from routing.checker import check
from routing.distances import completed
from routing.generate import Size, county
from routing.plan import Infeasible, sequences_of
from routing.problem import Act, Lock, Problem, Sequence
from routing.solver import Params, Progress, _bound, _kept_for_bound, _reserve, again, kept, solve, solve_with
from routing.stop import MaxSeconds
from tests.routing.county import LORRY, VAN, pair, road


def test_one_van_serves_three_villages_along_the_road(small: Problem) -> None:
    plan = solve(small, seconds=2)
    assert not plan.unserved
    assert plan.metres == 60_000
    assert plan.cost.total == 10_000 + 6_000 + round((3_600 + 3 * 60 + 3 * 300) * 2_000 / 3_600)
    assert plan.lower_bound is not None and 0 < plan.lower_bound <= plan.cost.total


def test_a_real_sized_morning_is_planned_within_its_time_with_progress() -> None:
    problem = county(Size(warehouses=4, recipients=20, pairs=30, vehicles=4), seed=5)
    seen: list[Progress] = []
    begun = time.monotonic()
    plan = solve(problem, seconds=4, on_progress=seen.append)
    assert time.monotonic() - begun < 4.6 + os.getloadavg()[0] / 4
    assert check(completed(problem), plan) == []
    assert len(seen) >= 2
    assert [p.cost for p in seen if not p.owed] == sorted((p.cost for p in seen if not p.owed), reverse=True)


@pytest.mark.parametrize("engine", ["ruin", "ortools", "pyvrp"])
def test_the_same_seed_and_counts_give_the_same_plan(engine: str) -> None:
    problem = with_one_window(county(Size(warehouses=2, recipients=8, pairs=10, vehicles=2), seed=5))
    params = Params(seconds=60, iterations=120, seed=3, isolated=False, engine=engine)
    first, second = solve_with(problem, params), solve_with(problem, params)
    assert first.routes == second.routes and first.iterations == second.iterations
    assert again(kept(problem, first)).routes == first.routes


def with_one_window(problem: Problem) -> Problem:
    jobs = []
    for job in problem.jobs:
        assert job.delivery is not None
        jobs.append(replace(job, delivery=replace(job.delivery, windows=job.delivery.windows[:1])))
    return replace(problem, jobs=tuple(jobs))


@pytest.mark.parametrize("engine", ["ruin", "ortools"])
def test_a_plan_to_start_from_is_never_made_worse(engine: str) -> None:
    problem = county(Size(warehouses=2, recipients=8, pairs=12, vehicles=3), seed=5)
    good = solve_with(problem, Params(seconds=20, iterations=400, isolated=False))
    warm = replace(problem, initial=sequences_of(good))
    better = solve_with(warm, Params(seconds=20, iterations=2, isolated=False, engine=engine))
    assert better.cost.total <= good.cost.total


def test_what_is_on_the_road_stays_as_it_is() -> None:
    """The van has loaded rice and coats and gone to the middle first; only the books are free."""
    begun = (Act("rice", "pickup"), Act("coats", "pickup"), Act("coats", "delivery"))
    jobs = (pair("rice", "near"), pair("coats", "middle"), pair("books", "far"))
    problem = road(jobs, (VAN, LORRY), prefixes=(Sequence("van", begun),), locks=(Lock("books", "lorry"),))
    plan = solve_with(problem, Params(seconds=5, iterations=100, isolated=False))
    acts = {item.vehicle: item.acts for item in sequences_of(plan)}
    assert acts["van"] == (*begun, Act("rice", "delivery"))
    assert acts["lorry"] == (Act("books", "pickup"), Act("books", "delivery"))


def test_a_frozen_beginning_that_cannot_be_driven_is_an_error_of_its_own() -> None:
    problem = road(
        (pair("piano", "near", 700),), (VAN,), prefixes=(Sequence("van", (Act("piano", "pickup"),)),)
    )
    with pytest.raises(Infeasible) as impossible:
        solve_with(problem, Params(seconds=2, isolated=False))
    assert (impossible.value.vehicle, impossible.value.broken.code) == ("van", "capacity")


def test_a_van_that_six_small_jobs_pay_for_is_sent_though_none_pays_for_it_alone() -> None:
    jobs = tuple(pair(f"job-{n}", "far", tariff=6_000) for n in range(6))
    plan = solve_with(road(jobs), Params(seconds=2, engine="ruin"))
    assert not plan.unserved and plan.cost.total < 6 * 6_000
    (lone,) = solve_with(road(jobs[:1]), Params(seconds=1, engine="ruin")).unserved
    assert lone.job == "job-0"


def test_a_long_search_keeps_time_for_a_bound_over_many_kinds_of_vehicles() -> None:
    problem = completed(county(Size(warehouses=12, recipients=40, pairs=60, vehicles=40)))
    bounds = []
    for seconds in (5.0, 60.0):
        kept_back = MaxSeconds(_reserve(problem, Params(seconds=seconds)))
        bounds.append(_bound(problem, Params(seconds=seconds), kept_back).fen)
    assert bounds[0] is None and bounds[1]
    assert _kept_for_bound(problem, Params(seconds=5)) == 0
    long = Params(seconds=60)
    assert _reserve(problem, long) - _reserve(problem, long, bounded=True) == pytest.approx(
        _kept_for_bound(problem, long)
    )
    assert _kept_for_bound(problem, long) > 0
