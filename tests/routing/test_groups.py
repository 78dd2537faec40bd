"""A large plan cut into groups for other hosts, and put together again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import groups
from routing.checker import check
from routing.distances import completed
from routing.generate import Size, county
from routing.plan import Plan
from routing.problem import Lock, Problem, dumps, loads
from routing.solver import Params, solve_with

QUICK = Params(seconds=30, iterations=60, isolated=False)


@pytest.fixture(scope="module")
def morning() -> tuple[Problem, Plan]:
    problem = completed(county(Size(warehouses=2, recipients=20, pairs=40, vehicles=8, optional=0.2), seed=4))
    return problem, solve_with(problem, QUICK)


def test_groups_share_nothing_and_lose_nothing(morning: tuple[Problem, Plan]) -> None:
    problem, plan = morning
    parts = groups.cut(problem, plan, size=20, seed=1)
    assert len(parts) > 1
    vehicles = [vehicle.id for part in parts for vehicle in part.vehicles]
    jobs = [job.id for part in parts for job in part.jobs]
    assert sorted(vehicles) == sorted(vehicle.id for vehicle in problem.vehicles)
    assert sorted(jobs) == sorted(job.id for job in problem.jobs)
    assert all(loads(dumps(part)) == part for part in parts)


def test_what_the_groups_found_makes_a_plan_that_keeps_the_rules_and_costs_no_more(
    morning: tuple[Problem, Plan],
) -> None:
    problem, plan = morning
    parts = groups.cut(problem, plan, size=20, seed=2)
    better = groups.merge(problem, plan, [(part, solve_with(part, QUICK)) for part in parts])
    assert check(problem, better) == []
    assert better.cost.total <= plan.cost.total
    assert groups.merge(problem, plan, []).cost == plan.cost


def test_a_part_that_came_back_worse_changes_nothing(morning: tuple[Problem, Plan]) -> None:
    problem, plan = morning
    part = groups.cut(problem, plan, size=20, seed=3)[0]
    idle = solve_with(replace(part, initial=(), jobs=()), QUICK)
    worse = replace(idle, unserved=(), cost=replace(idle.cost, km=10**9))
    assert groups.merge(problem, plan, [(part, worse)]).routes == plan.routes


def test_a_job_locked_to_a_vehicle_goes_nowhere_else(morning: tuple[Problem, Plan]) -> None:
    problem, plan = morning
    served = plan.routes[0].steps[1].acts[0].job
    locked = replace(problem, locks=(Lock(served, plan.routes[0].vehicle),))
    homes = [part for part in groups.cut(locked, plan, size=20) if part.locks]
    assert [lock.job for part in homes for lock in part.locks] == [served]
    assert plan.routes[0].vehicle in {vehicle.id for vehicle in homes[0].vehicles}
