"""Worse plans are accepted the less, the later it is; the best is never lost."""

from __future__ import annotations

import random
from time import monotonic

import pytest
import pyvrp
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

from routing.engine.pyvrp_cooling import ENDLESS, Cooled, Heat, anneal, heat
from routing.engine.pyvrp_model import Model, kind_counts
from routing.engine.pyvrp_part import first_penalties, local_search
from routing.engine.pyvrp_tuning import USUAL
from tests.routing.town import town


class Eye(IteratedLocalSearchCallbacks):
    """What a search came by."""

    def __init__(self) -> None:
        self.iterations = 0
        self.better: list[pyvrp.Solution] = []

    def on_iteration(self, *_: object) -> None:
        self.iterations += 1

    def on_best(self, best: pyvrp.Solution) -> None:
        self.better.append(best)


def cost(solution: pyvrp.Solution) -> int:
    told: int = pyvrp.CostEvaluator([0], 0, 0).cost(solution)
    return told


def annealed(heat: Heat, iterations: int = 300) -> tuple[Eye, pyvrp.Solution, Cooled]:
    """From a plan of a town."""
    model = Model(town(60, vehicles=14))
    part = model.part(range(len(model.jobs)), kind_counts(model.kinds))
    local, manager = local_search(part, USUAL, 1).search, pyvrp.PenaltyManager(first_penalties(part))
    begin = pyvrp.Solution.make_random(part.data, pyvrp.RandomNumberGenerator(seed=1))
    begin = local(begin, manager.max_cost_evaluator(), exhaustive=True)
    assert begin.is_feasible()
    eye = Eye()
    warmth = heat.over(iterations, monotonic() + 60)
    return eye, begin, anneal(local, manager, begin, warmth, eye, random.Random(1))


def test_without_heat_nothing_worse_is_accepted_and_with_it_much_is() -> None:
    _, begin, cold = annealed(Heat(1e-9, 1e-9))
    _, _, hot = annealed(Heat(1e9, 1e9))
    assert cost(cold.last) < min(cost(begin), cost(hot.last))


@pytest.mark.parametrize("warmth", [1e-9, 1e3, 1e9])
def test_the_best_can_be_driven_and_is_never_lost(warmth: float) -> None:
    eye, begin, found = annealed(Heat(warmth, warmth))
    assert found.iterations == 300 == eye.iterations
    assert found.best.is_feasible() and found.last.is_feasible()
    costs = [cost(begin), *map(cost, eye.better)]
    assert costs == sorted(set(costs), reverse=True)
    assert cost(found.best) == costs[-1] <= cost(found.last)


def test_it_cools_by_count_or_by_the_clock() -> None:
    falling = Heat(100, 1)
    by_count = falling.over(100, monotonic() + 60)
    assert (by_count(0), by_count(50), by_count(100)) == (100, pytest.approx(10), None)
    assert falling.over(100, monotonic())(0) is None
    begun = monotonic()
    by_clock = falling.over(ENDLESS, begun + 60)
    told = by_clock(5_000)
    assert told is not None and 90 < told < 100


def test_heat_is_what_an_act_costs() -> None:
    assert heat(2_000, 100).first == pytest.approx(20 * heat(100, 100).first)
    fleet = heat(100, 100, fleet=True)
    assert fleet.first > heat(100, 100).first and fleet.last == heat(100, 100).last
    nothing = heat(0, 0)
    assert 0 < nothing.last < nothing.first
