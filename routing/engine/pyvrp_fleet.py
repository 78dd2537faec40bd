"""Fewer vehicles, where each costs more than any way: one tour is given up, and its jobs are put elsewhere.

Attempt after attempt by ruin and recreate (see pyvrp_ruin): on all tours, or on neighbouring ones where there
are more than one search can hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..matrix import travel
from ..problem import Problem
from .pyvrp_model import Model, Tour
from .pyvrp_ruin import FewerTours
from .pyvrp_standing import FloatTable

ROUNDS = 3_000  # of one task
TRIES = 12  # tasks of one attempt, before another begins from the best
MOST_ACTS = 2_000  # that one attempt is made on
GROUP = 500  # acts of an attempt where there are more
VEHICLE_LEGS = 100  # longest legs that cost less than a vehicle where vehicles come first


def vehicles_first(problem: Problem) -> bool:
    """Whether every vehicle costs the same, and more than any way on which it could be saved."""
    if problem.groups or any(job.tariff is not None for job in problem.jobs):
        return False
    if len({vehicle.fixed_price for vehicle in problem.vehicles}) != 1:
        return False
    prices = {(vehicle.profile, vehicle.km_price, vehicle.hour_price) for vehicle in problem.vehicles}
    leg = 0.0
    for profile, km_price, hour_price in prices:
        tables = travel(problem, profile)
        cost = int(tables.metres.max()) * km_price / 1000 + int(tables.seconds.max()) * hour_price / 3600
        leg = max(leg, cost)
    return problem.vehicles[0].fixed_price > VEHICLE_LEGS * leg


def without_fixed(problem: Problem) -> Problem:
    """The same with vehicles that cost nothing to use; their number is then limited instead."""
    return replace(problem, vehicles=tuple(replace(vehicle, fixed_price=0) for vehicle in problem.vehicles))


@dataclass(frozen=True, slots=True)
class Fewer:
    """Put all of these jobs on these tours. `absent` says for how long each had no place before."""

    jobs: tuple[int, ...]
    tours: tuple[Tour, ...]
    absent: tuple[int, ...]
    seed: int
    rounds: int
    end: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of it: tours that can be driven, whether nothing is left out, counters, rounds."""

    tours: tuple[Tour, ...]
    whole: bool
    absent: tuple[int, ...]
    iterations: int


def fewer(model: Model, task: Fewer) -> Fitted:
    """Does that task."""
    search = FewerTours(model, task.jobs, task.tours, task.absent, task.seed)
    search.run(lambda rounds: rounds >= task.rounds or time.monotonic() >= task.end)
    absent = search.absent()
    return Fitted(search.tours(), not search.left, tuple(absent[job] for job in task.jobs), search.rounds)


@dataclass(slots=True)
class _Attempt:
    """To do all that `group` does with one tour less."""

    group: frozenset[Tour]
    tours: tuple[Tour, ...]
    jobs: tuple[int, ...]
    tries: int = 0


class Turns:
    """What whoever is free should try next, and the fewest tours so far."""

    def __init__(
        self, model: Model, where: FloatTable, tours: tuple[Tour, ...], seed: Callable[[], int]
    ) -> None:
        self._model, self._where, self._seed = model, where, seed
        self.tours = tours
        self._absent = [1] * len(model.jobs)
        self._acts = sum(len(tour.acts) for tour in tours)
        self._idle: list[_Attempt] = []
        self._busy: dict[int, _Attempt] = {}

    def task(self, end: float, most: int) -> Fewer:
        """The next task."""
        attempt = self._idle.pop() if self._idle else self._attempt()
        attempt.tries += 1
        seed = self._seed()
        self._busy[seed] = attempt
        absent = tuple(self._absent[job] for job in attempt.jobs)
        return Fewer(attempt.jobs, attempt.tours, absent, seed, min(most, ROUNDS), end)

    def take(self, task: Fewer, found: Fitted) -> bool:
        """Whether that saved a tour."""
        attempt = self._busy.pop(task.seed)
        for job, count in zip(task.jobs, found.absent, strict=True):
            self._absent[job] = max(self._absent[job], count)
        if not attempt.group <= set(self.tours):
            return False
        if found.whole:
            self.tours = (*(tour for tour in self.tours if tour not in attempt.group), *found.tours)
            self._idle = [other for other in self._idle if other.group <= set(self.tours)]
            return True
        if attempt.tries < TRIES:
            attempt.tours = self._with_idle(found.tours, attempt.tours)
            self._idle.append(attempt)
        return False

    @staticmethod
    def _with_idle(found: tuple[Tour, ...], before: tuple[Tour, ...]) -> tuple[Tour, ...]:
        """Those found, and the vehicles that have nothing to do at the moment."""
        kinds = [tour.kind for tour in before]
        for tour in found:
            kinds.remove(tour.kind)
        return (*found, *(Tour(kind, ()) for kind in kinds))

    def _attempt(self) -> _Attempt:
        """The tour whose jobs found a place most easily is given up; another one where that is tried already."""
        group = self._group()
        tried = {job for other in self._busy.values() for job in self._dropped(other)}
        weak = min(
            range(len(group)),
            key=lambda spot: (
                bool(tried & set(self._jobs(group[spot]))),
                sum(self._absent[job] for job in self._jobs(group[spot])),
            ),
        )
        jobs = tuple(sorted({job for tour in group for job in self._jobs(tour)}))
        return _Attempt(frozenset(group), group[:weak] + group[weak + 1 :], jobs)

    def _dropped(self, attempt: _Attempt) -> set[int]:
        kept = {job for tour in attempt.tours for job in self._jobs(tour)}
        return set(attempt.jobs) - kept

    def _jobs(self, tour: Tour) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self._model.job_of[act] for act in tour.acts))

    def _group(self) -> tuple[Tour, ...]:
        if self._acts <= MOST_ACTS:
            return self.tours
        centres = np.array([self._where[self._model.node_of[list(t.acts)]].mean(axis=0) for t in self.tours])
        middle = centres[self._seed() % len(centres)]
        group: list[Tour] = []
        for spot in np.argsort(((centres - middle) ** 2).sum(axis=1), kind="stable").tolist():
            group.append(self.tours[spot])
            if len(group) > 1 and sum(len(tour.acts) for tour in group) >= GROUP:
                break
        return tuple(group)
