"""Which routes are better: who is left out counts before what they cost."""

from __future__ import annotations

from dataclasses import replace

from routing.plan import Appraiser, Scales, Worth, sequences_of
from routing.problem import Sequence
from routing.solver import solve_with
from tests.routing.town import QUICK, town


def test_a_mandatory_job_weighs_more_than_any_cost_and_by_its_priority() -> None:
    problem = town(4, vehicles=1)
    jobs = (replace(problem.jobs[0], priority=2), *problem.jobs[1:])
    problem = replace(problem, jobs=jobs)
    (whole,) = sequences_of(solve_with(problem, QUICK))
    scales = Scales(Appraiser(problem))

    def without(job: str) -> Worth:
        acts = tuple(act for act in whole.acts if act.job != job)
        worth = scales.weigh([Sequence(whole.vehicle, acts)])
        assert worth is not None
        return worth

    all_done, first, second = without(""), without(jobs[0].id), without(jobs[1].id)
    assert (all_done.missing, first.missing, second.missing) == (0, 3, 1)
    assert (first.owed, second.owed) == (1, 1)  # what progress tells
    assert all_done < second < first and first.fen < all_done.fen


def test_an_optional_job_costs_its_tariff() -> None:
    problem = town(4, vehicles=1)
    optional = replace(problem, jobs=tuple(replace(job, tariff=77) for job in problem.jobs))
    assert Scales(Appraiser(optional)).weigh([]) == Worth(0, 3 * 77)


def test_routes_that_cannot_be_driven_weigh_nothing() -> None:
    problem = town(8, vehicles=1, capacity=60)
    (whole,) = sequences_of(solve_with(town(7, vehicles=1), QUICK))
    other = Sequence(whole.vehicle, (*whole.acts, replace(whole.acts[0], job=problem.jobs[-1].id)))
    assert Scales(Appraiser(problem)).weigh([other]) is None
