"""The planner's morning: a county goes in, a plan that can be driven comes out, in time."""

from __future__ import annotations

import os
import time

from routing.checker import check
from routing.distances import completed
from routing.generate import Size, county
from routing.problem import Problem
from routing.solver import Params, Progress, again, kept, solve, solve_with


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


def test_the_same_seed_and_counts_give_the_same_plan() -> None:
    problem = county(Size(warehouses=2, recipients=8, pairs=10, vehicles=2), seed=5)
    params = Params(seconds=60, iterations=30, seed=3, isolated=False)
    first, second = solve_with(problem, params), solve_with(problem, params)
    assert first.routes == second.routes and first.iterations == second.iterations
    assert again(kept(problem, first)).routes == first.routes
