"""Looking at all places at once finds what trying every place finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.plan import Appraiser, Broken, Facts, Places, waiver
from routing.plan.model import Code
from routing.problem import Act, Job, Problem, acts_of
from tests.routing.random_problems import orders, problems

THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOTHING: frozenset[Code] = frozenset()


def everywhere(acts: tuple[Act, ...], job: Job) -> Iterator[tuple[Act, ...]]:
    ends = acts_of(job)
    for first in range(len(acts) + 1):
        for second in range(first, len(acts) + 1 if len(ends) == 2 else first + 1):
            yield (*acts[:first], ends[0], *acts[first:second], *ends[1:], *acts[second:])


def route(problem: Problem, draw: st.DataObject) -> tuple[Act, ...]:
    """A route of the first vehicle that can be driven, without the last job."""
    appraiser, vehicle = Appraiser(problem), problem.vehicles[0].id
    held = problem.jobs[: draw.draw(st.integers(0, len(problem.jobs) - 1))]
    driven = (acts for acts in orders(held) if isinstance(appraiser.appraise(vehicle, acts), Facts))
    return next(driven, ())


@THOROUGH
@given(
    problem=problems(
        most_jobs=4, most_vehicles=1, kinds=("pair", "delivery", "pickup"), trips=True, locks=False
    ),
    draw=st.data(),
)
def test_the_cheapest_place_and_the_cheapest_relaxation_are_found(
    problem: Problem, draw: st.DataObject
) -> None:
    appraiser, vehicle, job = Appraiser(problem), problem.vehicles[0], problem.jobs[-1]
    acts = route(problem, draw)
    now = appraiser.appraise(vehicle.id, acts) if acts else None
    before = now.cost if isinstance(now, Facts) else 0
    for waived in (NOTHING, *(waiver(code) for code in ("full", "window", "shift", "distance", "break"))):  # type: ignore[misc]
        assert waived is not None
        found = Places(appraiser, vehicle, acts).cheapest(job, waived)
        tried = [appraiser.appraise(vehicle.id, way, waived) for way in everywhere(acts, job)]
        costs = [facts.cost - before for facts in tried if isinstance(facts, Facts)]
        assert (found.added if found else None) == min(costs, default=None)
    if appraiser.admits(vehicle, job):
        return
    ways, _ = Places(appraiser, vehicle, acts).ways_in(job)
    truth = []
    for way in everywhere(acts, job):
        fault = appraiser.appraise(vehicle.id, way)
        waived = waiver(fault.code) if isinstance(fault, Broken) else None
        facts = appraiser.appraise(vehicle.id, way, waived) if waived else None
        if isinstance(facts, Facts):
            truth.append(facts.cost - before)
    assert min((found.added for _, found in ways), default=None) == min(truth, default=None)


@pytest.mark.parametrize("acts", [(), (Act("j0", "pickup"),)])
def test_a_route_that_cannot_be_driven_takes_nothing_more(acts: tuple[Act, ...]) -> None:
    from tests.routing.county import pair, road

    problem = road((pair("j0", "near"), pair("j1", "far")))
    found = Places(Appraiser(problem), problem.vehicles[0], acts).cheapest(problem.jobs[1])
    assert (found is None) == bool(acts)
