"""How PyVRP is told to search: by what the problem is like, and by how long it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from routing.engine.pyvrp_model import Model, Tour, kind_counts
from routing.engine.pyvrp_tuning import (
    FAR,
    FEW,
    FEW_ACTS,
    FIRST_PER_ACT,
    OWN,
    USUAL,
    WIDE_LEGS,
    Tuning,
    first_per_act,
    is_scarce,
    tuning,
)
from routing.problem import Problem, Window
from tests.routing.town import town


def tuned(problem: Problem, tours: Sequence[Tour] = (), *, priced: bool = False) -> Tuning:
    model = Model(problem)
    return tuning(model, range(len(model.jobs)), kind_counts(model.kinds), tours, priced=priced)


def open_for(seconds: int, *, capacity: int = 200, shift: int = 10_000) -> Problem:
    """A town of 40 houses, all open for so long."""
    problem = town(41, capacity=capacity)
    window = (Window(0, seconds),)
    return replace(
        problem,
        vehicles=tuple(replace(vehicle, shift=Window(0, shift)) for vehicle in problem.vehicles),
        jobs=tuple(
            replace(job, delivery=replace(job.delivery, windows=window))
            for job in problem.jobs
            if job.delivery
        ),
    )


def test_a_search_looks_at_fewer_neighbours_where_neither_fleet_nor_jobs_are_a_choice() -> None:
    problem = town(vehicles=14)
    larger = (*problem.vehicles, *(replace(v, id=f"{v.id}-l", capacity=(120,)) for v in problem.vehicles))
    elsewhere = (
        *problem.vehicles,
        *(replace(v, id=f"{v.id}-e", start="2", end="2") for v in problem.vehicles),
    )
    optional = (*problem.jobs[1:], replace(problem.jobs[0], tariff=77))
    assert tuned(problem) is FEW
    assert tuned(replace(problem, vehicles=elsewhere)) is FEW
    assert tuned(replace(problem, vehicles=larger)) is FAR
    assert tuned(replace(problem, vehicles=(*problem.vehicles[:5], larger[-1]))) is FEW  # all are needed
    assert tuned(replace(problem, jobs=optional)) is OWN
    assert tuned(problem, priced=True) is OWN
    assert tuned(town(FEW_ACTS + 2, vehicles=60)) is USUAL


@pytest.mark.parametrize(("seconds", "wanted"), [(1_900, FEW), (2_000, FAR)])
def test_it_looks_further_where_long_tours_have_windows_that_are_not_narrow(
    seconds: int, wanted: Tuning
) -> None:
    assert tuned(open_for(seconds)) is wanted
    assert tuned(open_for(seconds), [Tour(0, tuple(range(20))), Tour(0, tuple(range(20, 40)))]) is wanted
    assert tuned(open_for(seconds), [Tour(0, tuple(range(n, 40, 3))) for n in range(3)]) is FEW
    assert tuned(open_for(seconds, capacity=190)) is FEW  # three tours at least


def test_and_where_windows_are_wide() -> None:
    near = Model(open_for(10_000)).legs_in_window
    wide = int(10_000 * WIDE_LEGS / near) + 1
    assert tuned(open_for(wide, capacity=60, shift=10 * wide)) is FAR
    assert tuned(open_for(wide - 5, capacity=60, shift=10 * wide)) is FEW
    assert tuned(town(41, capacity=200)) is FEW  # without windows


def test_a_shift_is_open_where_nothing_says_otherwise() -> None:
    assert Model(town()).openness == 1
    half = open_for(5_000)
    free = replace(half, jobs=(*half.jobs[:20], *town(41).jobs[20:]))
    assert Model(half).openness == 0.5 and Model(free).openness == 0.75


def test_vehicles_are_scarce_where_loads_need_nearly_all() -> None:
    assert is_scarce(Model(town(vehicles=7))) and not is_scarce(Model(town(vehicles=8)))
    problem = town(vehicles=7)
    choice = replace(problem, jobs=(replace(problem.jobs[0], tariff=77), *problem.jobs[1:]))
    assert not is_scarce(Model(choice))


def test_a_first_plan_takes_longer_where_jobs_are_a_choice_and_there_is_time() -> None:
    problem = town()
    choice = replace(problem, jobs=(replace(problem.jobs[0], tariff=77), *problem.jobs[1:]))
    assert first_per_act(Model(problem), 30, 2**60) == FIRST_PER_ACT
    assert first_per_act(Model(choice), 0.001, 2**60) == FIRST_PER_ACT
    assert first_per_act(Model(choice), 30, 3_900) == 12.5
