"""PyVRP on several cores: processes that tell what they have, and make one plan."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from routing.checker import check
from routing.engine import pyvrp_search
from routing.engine.crew import Crew
from routing.engine.pyvrp_model import Model, Tour
from routing.engine.pyvrp_part import Outcome
from routing.engine.pyvrp_part import Task as Asked
from routing.read import Objective, with_objective
from routing.solver import Params, solve_with
from tests.routing.town import QUICK, town


@pytest.mark.parametrize(("customers", "objective"), [(420, "cost"), (60, "cost"), (60, "fleet")])
def test_several_processes_make_one_plan(customers: int, objective: Objective) -> None:
    problem = with_objective(town(customers, vehicles=90), objective)
    params = Params(seconds=60, iterations=2_000, seed=1, cores=2, isolated=False, engine="pyvrp")
    plan = solve_with(problem, params)
    assert not plan.unserved and check(problem, plan) == []


def test_processes_tell_what_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyvrp_search, "REPORT_EVERY", 0.0)
    give, given, told = Crew.give, [], []

    def watched(self: Crew[Any, Any], lent: tuple[None, Asked]) -> None:
        given.append(lent[1])
        give(self, lent)

    monkeypatch.setattr(Crew, "give", watched)
    problem = town(100, vehicles=20)
    two = replace(QUICK, iterations=1_000, cores=2)
    plan = solve_with(problem, two, on_progress=told.append)
    assert len({task.seed for task in given}) == 2 and all(task.heat for task in given)
    assert not plan.unserved and len(told) > 3
    costs = [progress.cost for progress in told]
    assert costs == sorted(costs, reverse=True) and plan.cost.total <= costs[-1]


def test_what_was_told_counts_where_its_search_did_not_end_in_time() -> None:
    model = Model(town(3, vehicles=2))
    run = pyvrp_search._Run(model, QUICK, lambda draft: None, monotonic(), None)
    apart, together = (Tour(0, (0,)), Tour(0, (1,))), (Tour(0, (0, 1)),)
    run._hear(pyvrp_search.Told(apart, 90, 1))
    run._hear(pyvrp_search.Told(together, 80, 2))
    run._hear(pyvrp_search.Told(apart, 85, 3))
    run._take_best([Outcome(apart, 90, None, 5, ([], 0, 0))], keep_idle=False)
    assert run._standing.tours == together
    run._hear(pyvrp_search.Told(together, 80, 2))
    run._take_best([Outcome(apart, 70, None, 5, ([], 0, 0))], keep_idle=False)
    assert run._standing.tours == apart
