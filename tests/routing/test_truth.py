"""Against the whole truth about small problems: what engines find, what bounds claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis.strategies import SearchStrategy

from routing import bounds
from routing.checker import check
from routing.engine import load
from routing.explain import explained
from routing.plan import Appraiser, Facts, Infeasible, Plan, build, sequences_of
from routing.problem import Problem, Sequence, dumps, loads
from routing.solver import Params, solve_with
from tests.routing.proof import proven
from tests.routing.random_problems import (
    FULL,
    dues,
    full_loads,
    optimum,
    orders,
    plain,
    problems,
    with_reloads,
)

THOROUGH = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
FOUND = Path(__file__).parent / "found"
QUICK = Params(seconds=1.0, iterations=200, isolated=False)
ROUNDS = {"ortools": 600, "ruin": 400, "pyvrp": 1_000}


def found(name: str) -> Problem:
    """A problem that an engine once got wrong."""
    return loads((FOUND / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("engine", ["ruin", "ortools", "pyvrp"])
@THOROUGH
@given(problem=problems(rests=False))
@example(problem=found("dear_wait"))
@example(problem=found("all_on_one"))
def test_the_engine_reaches_the_optimum_and_the_bound_stays_below(engine: str, problem: Problem) -> None:
    best = optimum(problem)
    if best is None or load(engine).unable(problem):
        return
    plan = solve_with(problem, quick(engine))
    left = owed(problem, plan)
    assert (left, plan.cost.total) >= best, f"cheaper than the truth: {dumps(problem)}"
    bound = bounds.radial(problem)
    if best[0] == 0 and bound.fen is not None:
        assert bound.fen <= best[1], dumps(problem)
    assert left == best[0], dumps(problem)
    assert plan.cost.total <= best[1] + len(plan.routes), (plan.cost, best, dumps(problem))


def quick(engine: str) -> Params:
    return replace(QUICK, engine=engine, iterations=ROUNDS.get(engine, QUICK.iterations))


def owed(problem: Problem, plan: Plan) -> int:
    served = {act.job for sequence in sequences_of(plan) for act in sequence.acts}
    due = dues(problem, {job.id for job in problem.jobs} - served)
    return sum(1 + priority for price, priority in due if price is None)


@pytest.mark.parametrize("engine", ["ruin", "ortools", "pyvrp"])
@THOROUGH
@given(
    problem=problems(kinds=FULL, rests=False, trips=True, choices=True)
    | full_loads(rests=False, choices=True)
    | full_loads(rests=False, most_vehicles=1)
)
@example(problem=found("goods_on_board"))
@example(problem=found("fixed_order"))
@example(problem=found("work_while_waiting"))
@example(problem=found("last_visit"))
@example(problem=found("reload_on_the_way"))
@example(problem=found("two_pay"))
@example(problem=found("shorter_by_reload"))
def test_the_engine_reaches_the_optimum_with_trips_groups_and_orders(engine: str, problem: Problem) -> None:
    best = optimum(problem)
    if best is None or load(engine).unable(problem):
        return
    plan = solve_with(problem, quick(engine))
    assert check(problem, plan) == []
    left = owed(problem, plan)
    assert (left, plan.cost.total) >= best, f"cheaper than the truth: {dumps(problem)}"
    bound = bounds.radial(problem)
    if best[0] == 0 and bound.fen is not None:
        assert bound.fen <= best[1], dumps(problem)
    assert (left, plan.cost.total) <= (best[0], best[1] + len(plan.routes)), dumps(problem)


@settings(THOROUGH, max_examples=300)
@given(problems(choices=True) | full_loads(choices=True) | full_loads(most_vehicles=1))
def test_the_proof_and_the_trial_of_everything_agree(problem: Problem) -> None:
    best, proof = optimum(problem), proven(problem)
    assert (best is None) == (proof is None), dumps(problem)
    if best is not None and proof is not None:
        assert proof[0] == best[0], dumps(problem)
        assert abs(proof[1] - best[1]) <= len(problem.vehicles), (proof, best, dumps(problem))


MANY = problems(fewest_jobs=5, most_jobs=7, choices=True)
TRIPS = full_loads(fewest_jobs=4, most_jobs=5, rests=False, locks=False)


@pytest.mark.parametrize(
    ("engine", "asked", "examples"),
    [
        pytest.param("ruin", MANY, 20, id="ruin-many"),
        pytest.param("ortools", MANY, 8, id="ortools-many"),
        pytest.param("ruin", TRIPS, 20, id="ruin-trips"),
        pytest.param("ortools", TRIPS, 8, id="ortools-trips"),
        pytest.param("pyvrp", TRIPS.map(plain), 20, id="pyvrp-trips"),
    ],
)
def test_the_engine_reaches_what_is_proven_of_four_to_seven_jobs(
    engine: str, asked: SearchStrategy[Problem], examples: int
) -> None:
    @settings(THOROUGH, max_examples=examples)
    @given(asked)
    def reaches(problem: Problem) -> None:
        proof = None if load(engine).unable(problem) else proven(problem)
        if proof is None:
            return
        plan = solve_with(
            problem, replace(quick(engine), seconds=20.0)
        )  # by count: a second was not always enough
        assert check(problem, plan) == []
        left, cents = owed(problem, plan), len(plan.routes)  # by which whole fen may differ from the proof
        assert (left, plan.cost.total + cents) >= proof, f"cheaper than the truth: {dumps(problem)}"
        bound = bounds.lower(problem, seconds=1.0, rounds=3)
        if proof[0] == 0 and bound.fen is not None:
            assert bound.fen <= proof[1] + cents, dumps(problem)
        assert left == proof[0] and plan.cost.total <= proof[1] + cents, (proof, plan.cost, dumps(problem))

    reaches()


@pytest.mark.parametrize("engine", ["ruin", "ortools"])
@THOROUGH
@given(problem=problems())
def test_whatever_is_asked_the_plan_keeps_the_rules(engine: str, problem: Problem) -> None:
    assert loads(dumps(problem)) == problem
    try:
        plan = explained(problem, solve_with(problem, replace(QUICK, engine=engine)))
    except Infeasible as impossible:
        assert optimum(problem) is None, impossible
        return
    assert check(problem, plan) == []
    assert len(plan.stop_prices) == sum(len(route.steps) - 2 for route in plan.routes)
    for item in plan.unserved:
        assert {reason.vehicle for reason in item.reasons} == {vehicle.id for vehicle in problem.vehicles}
        assert all(reason.code != "unused" for reason in item.reasons)


@THOROUGH
@given(problems(most_jobs=2, most_vehicles=1, trips=True, choices=True))
def test_what_the_appraiser_allows_the_checker_passes(problem: Problem) -> None:
    appraiser = Appraiser(problem)
    vehicle = problem.vehicles[0]
    for order in orders(problem.jobs):
        for acts in with_reloads(order, vehicle):
            if isinstance(appraiser.appraise(vehicle.id, acts), Facts):
                assert check(problem, build(appraiser, [Sequence(vehicle.id, acts)])) == []
