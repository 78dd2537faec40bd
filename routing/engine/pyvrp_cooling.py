"""Simulated annealing over PyVRP's local search.

PyVRP's own loop accepts by what was accepted some hundred iterations ago (late acceptance): begun from good tours
it takes nothing worse, and is stuck where it began. Here a worse solution is accepted by chance, the less the
later it is, with one temperature for all groups that a large search consists of. After Kirkpatrick, Gelatt and
Vecchi (1983), and Accorsi and Vigo (2021, Transportation Science 55(4)), who cool over the whole of a search while
each step changes little.
"""

from __future__ import annotations

import math
import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pyvrp
import pyvrp.search
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

ENDLESS = 2**60  # iterations
HOTTEST = 1.0  # times what an act costs on average, at which a search begins
FLEET_HOTTEST = 4.0  # the same where vehicles of several kinds are a choice, each with a price of its own
COLDEST = 0.01  # at which it ends


@dataclass(frozen=True, slots=True)
class Heat:
    """Temperatures at the beginning and at the end of a search, in PyVRP's units of cost."""

    first: float
    last: float

    def at(self, share: float) -> float:
        """The temperature when this share of the search is over."""
        return self.first * math.pow(self.last / self.first, min(1.0, share))

    def over(self, iterations: int, end: float) -> Callable[[int], float | None]:
        """The temperature after so many iterations of a search that begins now; None when it is over. By count, or
        by the clock (time.monotonic) where the count is endless.
        """
        begun = time.monotonic()

        def warmth(done: int) -> float | None:
            now = time.monotonic()
            if done >= iterations or now >= end:
                return None
            return self.at(done / iterations if iterations < ENDLESS else (now - begun) / (end - begun))

        return warmth


def heat(cost: float, acts: int, *, fleet: bool = False) -> Heat:
    """What suits a search from tours that cost so much with so many acts, `fleet` where a fleet is to be chosen."""
    usual = max(1.0, cost) / max(1, acts)
    return Heat((FLEET_HOTTEST if fleet else HOTTEST) * usual, COLDEST * usual)


@dataclass(frozen=True, slots=True)
class Cooled:
    """The best solution that can be driven, the last that was accepted, and after how many iterations."""

    best: pyvrp.Solution
    last: pyvrp.Solution
    iterations: int


def anneal(
    local: pyvrp.search.LocalSearch,
    manager: pyvrp.PenaltyManager,
    begin: pyvrp.Solution,
    warmth: Callable[[int], float | None],
    eye: IteratedLocalSearchCallbacks,
    chance: random.Random,
) -> Cooled:
    """From `begin`, which can be driven, until `warmth` says None (see Heat.over); `eye` sees every iteration and every
    better solution.
    """
    current = last = best = begin
    done = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # the best can be driven, whatever else cannot
        while (temperature := warmth(done)) is not None:
            done += 1
            weigh = manager.cost_evaluator()
            candidate = local(current, weigh, exhaustive=False)
            manager.register(candidate)
            eye.on_iteration(current, candidate, best, weigh)
            worst = weigh.penalised_cost(current) - temperature * math.log(1.0 - chance.random())
            if _beats(candidate, best, weigh):
                deeper = local(candidate, weigh, exhaustive=True)  # everywhere, not only where it changed
                best = current = last = deeper if _beats(deeper, best, weigh) else candidate
                eye.on_best(best)
            elif weigh.penalised_cost(candidate) < worst:
                current = candidate
                last = candidate if candidate.is_feasible() else last
    return Cooled(best, last, done)


def _beats(solution: pyvrp.Solution, best: pyvrp.Solution, weigh: pyvrp.CostEvaluator) -> bool:
    return solution.is_feasible() and bool(weigh.cost(solution) < weigh.cost(best))
