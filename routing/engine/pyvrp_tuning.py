"""How PyVRP searches here. Its own parameters are for long runs; plans are wanted within seconds or minutes.

Fewer neighbours, fewer perturbations and a shorter memory of late acceptance gave plans up to 3 % better in ten
seconds (docs/benchmarks.md); not so where jobs are optional or vehicles come first, nor the first two where a fleet
is to be chosen or windows are wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvrp
import pyvrp.search
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams

from .pyvrp_model import Model, Tour, kind_counts

FEW_ACTS = 250  # up to which many may be moved at once
ITERATIONS = 35_000  # a second on a slow core, divided by the root of the acts
FIRST_PER_ACT = 1.5  # iterations of a first plan for each act, before groups
FIRST_SHARE = 1 / 8  # of the whole's iterations, where jobs are a choice: groups hardly change which are done
SPARE_FLEET = 2.0  # times what all goods need, from which vehicles are a matter of choice
SCARCE_FLEET = 1.1  # times the vehicles that loads alone need, up to which it is hard to find any plan
WIDE_LEGS = 40  # near legs that a usual window holds, from which it says little about who follows whom
LONG_TOUR = 20  # acts
OPEN = 0.2  # of a shift on average, from which long tours go about freely


@dataclass(frozen=True, slots=True)
class Tuning:
    """`memory`: iterations that late acceptance looks back where a first plan is made."""

    neighbours: int
    perturbations: int
    memory: int

    def neighbourhood(self) -> pyvrp.search.NeighbourhoodParams:
        return pyvrp.search.NeighbourhoodParams(num_neighbours=self.neighbours)

    def perturbation(self) -> pyvrp.search.PerturbationParams:
        return pyvrp.search.PerturbationParams(1, self.perturbations)

    def iterated(self, callbacks: IteratedLocalSearchCallbacks) -> IteratedLocalSearchParams:
        return IteratedLocalSearchParams(history_length=self.memory, callbacks=callbacks)


USUAL, FEW, FAR, OWN = Tuning(25, 18, 100), Tuning(25, 25, 100), Tuning(50, 25, 100), Tuning(50, 25, 300)


def tuning(
    model: Model, jobs: Sequence[int], available: Sequence[int], tours: Sequence[Tour] = (), *, priced: bool
) -> Tuning:
    """What suits a search of these jobs with so many vehicles of each kind, from these tours; `priced` where vehicles
    come first.
    """
    if priced or not all(model.mandatory[job] for job in jobs):
        return OWN
    if chooses_fleet(model, jobs, available) or roams(model, tours):
        return FAR
    return FEW if len(model.acts) <= FEW_ACTS else USUAL


def first_per_act(model: Model, seconds: float, count: int) -> float:
    """Iterations of a first plan for each act, in a search of so many seconds and iterations."""
    if all(model.mandatory):
        return FIRST_PER_ACT
    acts = max(1, len(model.acts))
    return max(FIRST_PER_ACT, FIRST_SHARE * _expected(acts, seconds, count) / acts)


def _expected(acts: int, seconds: float, count: int) -> float:
    return min(count, ITERATIONS * max(0.0, seconds) / math.sqrt(max(1, acts)))


def roams(model: Model, tours: Sequence[Tour]) -> bool:
    """Whether windows leave open who follows whom: they are wide, or tours are long (without tours: as long as loads
    allow) and windows not narrow.
    """
    if not model.has_windows:
        return False
    acts = sum(len(tour.acts) for tour in tours) or len(model.acts)
    long = acts >= LONG_TOUR * (len(tours) or model.least_tours)
    return model.legs_in_window >= WIDE_LEGS or (long and model.openness >= OPEN)


def is_scarce(model: Model) -> bool:
    """Whether there are hardly more vehicles than loads need, for jobs that must all be done."""
    return all(model.mandatory) and sum(map(len, model.kinds)) <= SCARCE_FLEET * model.least_tours


def chooses_fleet(
    model: Model, jobs: Sequence[int] | None = None, available: Sequence[int] | None = None
) -> bool:
    """Whether kinds of vehicles differ in capacity or price, and there are far more than the goods need; for all jobs
    and vehicles where none are given.
    """
    jobs = range(len(model.jobs)) if jobs is None else jobs
    available = kind_counts(model.kinds) if available is None else available
    fleet = [(model.kinds[kind][0], count) for kind, count in enumerate(available) if count]
    if len({(one.capacity, one.fixed_price, one.km_price, one.hour_price) for one, _ in fleet}) == 1:
        return False
    loads = [np.maximum(model.jobs[job].amount, model.jobs[job].returns or 0) for job in jobs]
    room = np.sum([np.multiply(one.capacity, count) for one, count in fleet], axis=0)
    return bool(np.all(room >= SPARE_FLEET * np.sum(loads, axis=0)))
