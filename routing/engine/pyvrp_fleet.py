"""Fewer vehicles, where each costs more than any way: one tour is given up, and its jobs are put elsewhere.

Two ways take turns: ruin and recreate with absence counters (see ruin_fleet), and guided ejection after
Nagata and Braysy (2009), with PyVRP's local search as the hand that inserts and ejects: every job may be left
out at a price, and the price of a job rises each time it is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..matrix import travel
from ..problem import Problem
from . import ruin_fleet
from .pyvrp_model import Model, Tour
from .pyvrp_part import Outcome, Penalties, Task

ITERATIONS = 400  # between two rises of prices
PRICE_LEGS = 2  # first price of a job left out, in longest legs
TRIES = 8  # tasks of one attempt, before ruin and recreate has its turn
NO_PENALTIES: Penalties = [], 0.0, 0.0
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
    """Tours of which ruin and recreate should save as many as it can."""

    tours: tuple[Tour, ...]
    seed: int
    rounds: int
    end: float


def fewer(model: Model, task: Fewer) -> Outcome:
    """Does that task; no tours where none was saved."""
    sequences = model.sequences(task.tours)
    search = ruin_fleet.FewerRoutes(model.problem, model.appraiser, sequences, task.seed)
    found = search.least(lambda rounds: rounds >= task.rounds or time.monotonic() >= task.end)
    tours = None if found is None else tuple(model.given(found))
    return Outcome(tours, 0, None, search.rounds, NO_PENALTIES)


class Attempt:
    """To do all jobs of some tours on one tour less: task after task, until one leaves nothing out."""

    def __init__(self, model: Model, tours: tuple[Tour, ...], price: int) -> None:
        self._model, self._price = model, price
        self._jobs = sorted({model.job_of[act] for tour in tours for act in tour.acts})
        self._weights = dict.fromkeys(self._jobs, 1)
        shortest = min(range(len(tours)), key=lambda spot: (len(tours[spot].acts), spot))
        self._tours = tuple(tour for spot, tour in enumerate(tours) if spot != shortest)
        self.goal = len(self._tours)
        self.tries = 0
        self._available = [0] * len(model.kinds)
        for tour in self._tours:
            self._available[tour.kind] += 1
        self._penalties: Penalties | None = None

    def task(self, seed: int, end: float) -> Task:
        """What to search next."""
        self.tries += 1
        return Task(
            jobs=tuple(self._jobs),
            available=tuple(self._available),
            tours=self._tours,
            seed=seed,
            iterations=ITERATIONS,
            end=end,
            penalties=self._penalties,
            prices=tuple(self._price * self._weights[job] for job in self._jobs),
        )

    def take(self, outcome: Outcome) -> tuple[Tour, ...] | None:
        """The tours, where nothing is left out any more; else what is becomes dearer."""
        self._penalties = outcome.penalties
        if outcome.tours is None:
            return None
        self._tours = outcome.tours
        served = {self._model.job_of[act] for tour in self._tours for act in tour.acts}
        left = [job for job in self._jobs if job not in served]
        for job in left:
            self._weights[job] += 1
        return None if left else self._tours


class Turns:
    """What whoever is free should try next: the two ways in turn."""

    def __init__(self, model: Model, seed: Callable[[], int]) -> None:
        self._model, self._seed = model, seed
        self._ruin = len(model.acts) <= ruin_fleet.MOST_ACTS
        self._count = 0
        self._idle: list[Attempt] = []
        self._busy: dict[int, Attempt] = {}

    def task(self, tours: tuple[Tour, ...], end: float, most: int) -> Task | Fewer:
        """The next task for these tours."""
        seed = self._seed()
        if self._idle:
            attempt = self._idle.pop()
        else:
            self._count += 1
            if self._ruin and self._count % 2:
                return Fewer(tours, seed, most, end)
            attempt = Attempt(self._model, tours, max(1, PRICE_LEGS * self._model.longest_leg))
        self._busy[seed] = attempt
        return attempt.task(seed, end)

    def take(self, task: Task | Fewer, outcome: Outcome, best: int) -> tuple[Tour, ...] | None:
        """Tours where they are fewer than `best`."""
        attempt = self._busy.pop(task.seed, None)
        tours = outcome.tours if attempt is None else attempt.take(outcome)
        if attempt is not None and tours is None and attempt.goal < best and attempt.tries < TRIES:
            self._idle.append(attempt)
        if tours is None or len(tours) >= best:
            return None
        self._idle = [other for other in self._idle if other.goal < len(tours)]
        return tours
