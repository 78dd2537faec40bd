"""The tours at hand of a large search: cut into neighbouring groups, put together again from where these went.

Groups after POPMUSIC (Taillard and Voss 2002): the routes nearest to one that was looked at least, searched
as a problem of their own. Groups that are lent at the same time share no tour, no vehicle and no job.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..matrix import travel
from .pyvrp_cooling import Heat
from .pyvrp_model import Model, Tour
from .pyvrp_part import Outcome, Penalties, Task

PIVOTS = 8  # places from which all others are measured, where there is no map
SPARE = 2  # idle vehicles of each kind that a group may use, beside half as many as it has tours
OWED_SHARE = 0.5  # of the groups, around mandatory jobs without a place
FloatTable = NDArray[np.float64]


def map_of(model: Model) -> FloatTable:
    """Where every node lies: coordinates, or the ways to a few far-apart places where only tables are known."""
    places = [model.problem.locations[place] for place in model.places]
    if all(place.x is not None and place.y is not None for place in places):
        return np.array([(place.x, place.y) for place in places], dtype=np.float64)
    if all(place.lon is not None and place.lat is not None for place in places):
        points = np.radians(np.array([(place.lon, place.lat) for place in places], dtype=np.float64))
        points[:, 0] *= np.cos(points[:, 1].mean())
        return points
    table = travel(model.problem, model.kinds[0][0].profile).metres
    ways = [table[model.places[0], model.places].astype(np.float64)]
    for _ in range(PIVOTS - 1):
        far = int(np.min(ways, axis=0).argmax())
        ways.append(table[model.places[far], model.places].astype(np.float64))
    return np.array(ways).T


@dataclass(frozen=True, slots=True)
class Loan:
    """What one group has: numbers of tours, jobs on none, idle vehicles of each kind."""

    tours: tuple[int, ...]
    extra: tuple[int, ...]
    idle: tuple[int, ...]


class Standing:
    """Tours that can be driven by number, the jobs on none, the vehicles that are idle."""

    def __init__(self, model: Model, where: FloatTable, *, owed: bool) -> None:
        self._model, self._map, self.owed = model, where, owed
        self._tours: dict[int, Tour] = {}
        self._looked: dict[int, int] = {}
        self._centres: dict[int, FloatTable] = {}
        self._next = 0
        self._lent: set[int] = set()
        self.penalties: Penalties | None = None
        self.left = set(range(len(model.jobs)))
        self.idle = [len(members) for members in model.kinds]
        self.best: tuple[Tour, ...] = ()
        self._above = 0  # what the tours cost more than the best

    @property
    def tours(self) -> tuple[Tour, ...]:
        return tuple(self._tours.values())

    def add(self, tours: Iterable[Tour], looked: int = 0) -> None:
        """More tours, of idle vehicles and jobs on none."""
        for tour in tours:
            self._tours[self._next], self._looked[self._next] = tour, looked
            self._next += 1
            self.idle[tour.kind] -= 1
            self.left -= {self._model.job_of[act] for act in tour.acts}

    def clear(self) -> None:
        """No tours."""
        for tour in self._tours.values():
            self.idle[tour.kind] += 1
        self._tours, self._looked, self._centres, self._lent = {}, {}, {}, set()
        self.left = set(range(len(self._model.jobs)))

    def keep(self) -> None:
        """These tours are the best so far."""
        self.best, self._above = self.tours, 0

    def whole(self, *, seed: int, iterations: int, end: float) -> Task:
        """All of it as one task."""
        used = [0] * len(self.idle)
        for tour in self._tours.values():
            used[tour.kind] += 1
        spare = SPARE + len(self._tours) // 2 if self._tours else 2**31
        return Task(
            jobs=tuple(range(len(self._model.jobs))),
            available=tuple(have + min(idle, spare) for have, idle in zip(used, self.idle, strict=True)),
            tours=self.tours,
            seed=seed,
            iterations=iterations,
            end=end,
            owed=self.owed,
            penalties=self.penalties,
        )

    def lend(self, size: int, draw: random.Random, shares: int = 1) -> Loan | None:
        """A group of neighbouring free tours of about `size` acts around one of the least looked at, or beside a
        mandatory job that has no place; idle vehicles are shared by `shares` groups. None where no tour is free.
        """
        free = [number for number in self._tours if number not in self._lent]
        if not free:
            return None
        least = min(self._looked[number] for number in free)
        owed = self._beside_owed(free) if draw.random() < OWED_SHARE else []
        seed = draw.choice(owed or [number for number in free if self._looked[number] == least])
        centre = self._centre(seed)
        apart = {number: float(((self._centre(number) - centre) ** 2).sum()) for number in free}
        group, acts = [], 0
        for number in sorted(free, key=lambda number: (apart[number], number)):
            group.append(number)
            acts += len(self._tours[number].acts)
            if acts >= size:
                break
        most = SPARE + len(group) // 2
        idle = tuple(min(most, -(-count // shares)) for count in self.idle)
        extra = self._near(set(group))
        self._lent |= set(group)
        self.left -= set(extra)
        self.idle = [count - lent for count, lent in zip(self.idle, idle, strict=True)]
        return Loan(tuple(group), tuple(extra), idle)

    def _centre(self, number: int) -> FloatTable:
        if number not in self._centres:
            nodes = self._model.node_of[list(self._tours[number].acts)]
            self._centres[number] = self._map[nodes].mean(axis=0)
        return self._centres[number]

    def _beside_owed(self, free: list[int]) -> list[int]:
        """The free tours that pass a mandatory job on none more closely than all others."""
        owed = [job for job in sorted(self.left) if self._model.mandatory[job]]
        return sorted(set(self._nearest_tours(owed)) & set(free))

    def _nearest_tours(self, jobs: list[int]) -> list[int]:
        """For each of these jobs the tour with the act nearest to its last."""
        if not jobs:
            return []
        spots = self._map[self._model.node_of[np.concatenate([tour.acts for tour in self._tours.values()])]]
        owner = np.concatenate([np.full(len(tour.acts), number) for number, tour in self._tours.items()])
        here = self._map[[self._model.node_of[self._model.acts_of_job[job][-1]] for job in jobs]]
        return [int(owner[((spots - place) ** 2).sum(axis=1).argmin()]) for place in here]

    def _near(self, group: set[int]) -> list[int]:
        """The jobs on no tour whose nearest act is of this group."""
        jobs = sorted(self.left)
        return [job for job, tour in zip(jobs, self._nearest_tours(jobs), strict=True) if tour in group]

    def task(self, loan: Loan, *, seed: int, per_act: int, most: int, end: float, heat: Heat) -> Task:
        """The group as a problem of its own, searched for `per_act` iterations an act."""
        tours = tuple(self._tours[number] for number in loan.tours)
        available = list(loan.idle)
        for tour in tours:
            available[tour.kind] += 1
        jobs = dict.fromkeys(self._model.job_of[act] for tour in tours for act in tour.acts)
        count = sum(len(tour.acts) for tour in tours)
        return Task(
            jobs=(*jobs, *loan.extra),
            available=tuple(available),
            tours=tours,
            seed=seed,
            iterations=min(most, count * per_act),
            end=end,
            heat=heat,
            owed=self.owed,
            penalties=self.penalties,
        )

    def give_back(self, loan: Loan, outcome: Outcome) -> bool:
        """Puts where a group went in the place of its tours; whether it came by better tours than ever."""
        looked = 1 + min(self._looked[number] for number in loan.tours)
        self._lent -= set(loan.tours)
        self.left |= set(loan.extra)
        self.idle = [count + lent for count, lent in zip(self.idle, loan.idle, strict=True)]
        self.penalties = outcome.penalties
        if outcome.tours is None or outcome.last is None or outcome.before is None:
            for number in loan.tours:
                self._looked[number] = looked
            return False
        better = self._above + outcome.cost - outcome.before < 0
        if better:
            others = (tour for number, tour in self._tours.items() if number not in loan.tours)
            self.best, self._above = (*others, *outcome.tours), outcome.before - outcome.cost
        self._above += outcome.last_cost - outcome.before
        for number in loan.tours:
            tour = self._tours.pop(number)
            self._looked.pop(number)
            self._centres.pop(number, None)
            self.idle[tour.kind] += 1
            self.left |= {self._model.job_of[act] for act in tour.acts}
        self.add(outcome.last, looked)
        return better
