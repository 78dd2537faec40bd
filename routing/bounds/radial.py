"""How good any plan could possibly be: a lower bound on its cost.

The radial LP, after Haimovich and Rinnooy Kan (1985), for pairs, optional jobs and mixed fleets. All
distances are shortest ways, so it also holds for tables without the triangle inequality. For each kind of
vehicle k, with n used vehicles that together drive D metres and E seconds and work H seconds, and a share x
of every job j:

- alone:   D >= x_j (start to pickup to delivery to end)
- loaded:  D >= sum x_j q_j/Q (pickup to delivery), because the load never exceeds Q
- rounds:  D >= sum x_j q_j/Q (nearest source to delivery to nearest source or end). Cut the route where it
  loads:
           whatever is delivered in a part was all on board at its beginning, so its shares of Q sum to one
           at most, and the part is at least as long as the way in and out of each of its deliveries
- degree:  D >= sum over places of the way from their nearest neighbour
- tree:    all vehicles together span the places that must be visited and the depots
- n >= x_j; n Q >= what is on board at the start (at the end); n (shift) >= H; n (greatest distance) >= D
The same rows hold for E with seconds; H = E + service.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine.glop import INFINITY, Program
from ..matrix import IntTable, Travel, location_index, shortest_from, shortest_to, travel
from ..plan import Appraiser
from ..problem import Job, Problem, Vehicle

FULL_ROWS = 40_000  # shares (job x kind of vehicle) up to which rows per job are written
TREE_PLACES = 300  # up to which all shortest ways are computed, for the rows degree and tree
ROWS = 500  # of a table that are looked at together
MOST_STEPS = 150_000  # of shortest-way searches per table, about a second

LongRow = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan that serves every mandatory job costs less than `fen`; None where the bound was not found."""

    fen: int | None
    method: str
    prices: tuple[tuple[str, int], ...] = ()  # (job, fen), in the order of the jobs


def radial(problem: Problem, *, seconds: float = 5.0) -> Bound:
    """The radial bound of a problem with tables, where it is found in `seconds`. Never above the optimum."""
    end = time.monotonic() + seconds
    program = _Radial(problem, end).program
    left = end - time.monotonic()
    value = program.minimum(left) if left > 0 else None
    if value is None:
        return Bound(None, "no time for a bound" if left <= 0 else "radial LP")
    return Bound(max(0, math.ceil(value - max(1e-3, 1e-8 * abs(value)))), "radial LP")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Vehicles that are alike, and the jobs that they may take."""

    vehicle: Vehicle
    count: int
    jobs: tuple[Job, ...]


class _Ways:
    """Shortest ways in one table, each source computed once."""

    def __init__(self, table: IntTable) -> None:
        self._table = table
        self._alike = all(
            np.array_equal(table[first : first + ROWS], table[:, first : first + ROWS].T)
            for first in range(0, len(table), ROWS)
        )
        self._most = max(10, MOST_STEPS // max(1, len(table)))
        self._from: dict[int, LongRow] = {}
        self._to: dict[int, LongRow] = {}

    def out(self, place: int) -> LongRow:
        if place not in self._from:
            spare = len(self._from) < self._most
            self._from[place] = shortest_from(self._table, place) if spare else self._nothing()
        return self._from[place]

    def into(self, place: int) -> LongRow:
        if self._alike:
            return self.out(place)
        if place not in self._to:
            spare = len(self._to) < self._most
            self._to[place] = shortest_to(self._table, place) if spare else self._nothing()
        return self._to[place]

    def _nothing(self) -> LongRow:
        """Where the time is not spent on shortest ways: no way is shorter than this."""
        return np.zeros(len(self._table), dtype=np.int64)


class _Radial:
    """The program; not the whole of it where that takes longer than to `end` (time.monotonic)."""

    def __init__(self, problem: Problem, end: float) -> None:
        self.problem = problem
        self.program = Program()
        self.index = location_index(problem)
        self.kinds = _kinds(problem)
        self.full = sum(len(kind.jobs) for kind in self.kinds) <= FULL_ROWS
        self.ways: dict[tuple[str, str], _Ways] = {}
        self.speeds: dict[str, tuple[float, float]] = {}
        self.shares: dict[str, dict[int, float]] = defaultdict(dict)
        self.driven: dict[int, float] = {}
        for kind in self.kinds:
            if time.monotonic() >= end:
                return
            self._add_kind(kind)
        grouped = {job: group for group in problem.groups for job in group.jobs}
        self.must = {job.id for job in problem.jobs if job.tariff is None and job.id not in grouped}
        for job in problem.jobs:
            if job.id not in grouped:
                self._add_choice([job.id], job.tariff)
        for group in problem.groups:
            self._add_choice(group.jobs, group.tariff)
        if self.full:
            self._add_tree()

    def _ways(self, vehicle: Vehicle, measure: str) -> _Ways:
        key = vehicle.profile, measure
        if key not in self.ways:
            self.ways[key] = _Ways(getattr(travel(self.problem, vehicle.profile), measure))
        return self.ways[key]

    def _add_choice(self, jobs: Iterable[str], tariff: int | None) -> None:
        """Served in shares, or left to the carrier; a mandatory job that nobody may take is left out."""
        terms = {share: 1.0 for job in jobs for share in self.shares[job]}
        if tariff is not None:
            terms[self.program.variable(float(tariff), 0, 1)] = 1.0
        if terms:
            self.program.equal(1.0, terms)

    def _add_kind(self, kind: _Kind) -> None:
        program, vehicle = self.program, kind.vehicle
        # Costs of a route are rounded to whole fen twice, by half a fen at most.
        rounding = 1 if vehicle.km_price % 1000 or vehicle.hour_price else 0
        used = program.variable(vehicle.fixed_price - rounding, 0, kind.count)
        metres = program.variable(vehicle.km_price / 1000)
        drive = program.variable()
        hours = program.variable(vehicle.hour_price / 3600)
        shares = {job.id: program.variable(0, 0, 1) for job in kind.jobs}
        self.driven[metres] = 1.0
        for job_id, share in shares.items():
            self.shares[job_id][share] = 1.0
            if self.full:
                program.at_least(0, {used: 1, share: -1})
        visits = self._add_visits(kind, shares)
        for measure, total in (("metres", metres), ("seconds", drive)):
            self._add_way_rows(kind, measure, total, shares, visits)
        self._add_room(kind, used, shares)
        self._add_time(kind, used, drive, hours, shares, visits)
        self._add_speed(kind, metres, drive)
        if vehicle.max_metres is not None:
            program.at_least(0, {used: vehicle.max_metres, metres: -1})

    def _add_visits(self, kind: _Kind, shares: dict[str, int]) -> dict[int, int]:
        """One variable per place: visited, at least as much as any job there is served."""
        visits: dict[int, int] = {}
        if self.full:
            for job in kind.jobs:
                for place in self._places(job):
                    if place not in visits:
                        visits[place] = self.program.variable(0, 0, 1)
                    self.program.at_least(0, {visits[place]: 1, shares[job.id]: -1})
        return visits

    def _places(self, job: Job) -> list[int]:
        return [self.index[task.location] for task in (job.pickup, job.delivery) if task]

    def _add_way_rows(
        self, kind: _Kind, measure: str, total: int, shares: dict[str, int], visits: dict[int, int]
    ) -> None:
        ways = self._ways(kind.vehicle, measure)
        if self.full:
            for job in kind.jobs:
                self.program.at_least(0, {total: 1, shares[job.id]: -float(self._alone(kind, ways, job))})
            self.program.at_least(0, {total: 1, **self._degree(kind, ways, visits)})
        loaded = {job.id: self._loaded(kind, ways, job) for job in kind.jobs}
        rounds = self._rounds(kind, ways)
        for number, room in enumerate(kind.vehicle.capacity):
            if room:
                for lengths in (loaded, rounds):
                    terms = {
                        shares[job.id]: -job.amount[number] / room * lengths.get(job.id, 0)
                        for job in kind.jobs
                    }
                    self.program.at_least(0, {total: 1, **terms})

    def _alone(self, kind: _Kind, ways: _Ways, job: Job) -> int:
        """From the start over the job to the end."""
        places = self._places(job)
        length = int(ways.out(places[0])[places[-1]]) if places[0] != places[-1] else 0
        if kind.vehicle.start is not None:
            length += int(ways.out(self.index[kind.vehicle.start])[places[0]])
        if kind.vehicle.end is not None:
            length += int(ways.into(self.index[kind.vehicle.end])[places[-1]])
        return length

    def _loaded(self, kind: _Kind, ways: _Ways, job: Job) -> int:
        """How far the goods of a job go at least."""
        if job.pickup and job.delivery:
            return int(ways.out(self.index[job.pickup.location])[self.index[job.delivery.location]])
        here, end = self._places(job)[0], kind.vehicle.start if job.delivery else kind.vehicle.end
        if end is None:
            return 0
        stores = [self.index[end], *(self.index[task.location] for task in kind.vehicle.reloads)]
        return min(int((ways.out(store) if job.delivery else ways.into(store))[here]) for store in stores)

    def _rounds(self, kind: _Kind, ways: _Ways) -> dict[str, int]:
        """Per job with a delivery: nearest source to it, and on to the nearest source or the end."""
        vehicle = kind.vehicle
        sources = {self.index[job.pickup.location] for job in kind.jobs if job.pickup}
        sources |= {self.index[task.location] for task in vehicle.reloads}
        begins = [ways.out(place) for place in sources]
        ends = [ways.into(place) for place in sources]
        if vehicle.start is not None:
            begins.append(ways.out(self.index[vehicle.start]))
        if vehicle.end is not None:
            ends.append(ways.into(self.index[vehicle.end]))
        zero = np.zeros(len(self.problem.locations), dtype=np.int64)
        comes = np.minimum.reduce(begins) if begins and vehicle.start is not None else zero
        goes = np.minimum.reduce(ends) if ends and vehicle.end is not None else zero
        return {
            job.id: int(comes[self.index[job.delivery.location]] + goes[self.index[job.delivery.location]])
            for job in kind.jobs
            if job.delivery
        }

    def _degree(self, kind: _Kind, ways: _Ways, visits: dict[int, int]) -> dict[int, float]:
        """Every place visited is entered from another; the first of an open route is not."""
        if kind.vehicle.start is None or len(visits) > TREE_PLACES:
            return {}
        others = {*visits, self.index[kind.vehicle.start]}
        terms = {}
        for place, visit in visits.items():
            if place == self.index[kind.vehicle.start]:
                continue  # a route may begin there without entering it
            comes = [int(ways.out(other)[place]) for other in others if other != place]
            terms[visit] = -float(min(comes, default=0))
        return terms

    def _add_room(self, kind: _Kind, used: int, shares: dict[str, int]) -> None:
        if kind.vehicle.reloads:
            return
        for number, room in enumerate(kind.vehicle.capacity):
            for lone in ([j for j in kind.jobs if not j.pickup], [j for j in kind.jobs if not j.delivery]):
                terms = {shares[job.id]: -float(job.amount[number]) for job in lone}
                self.program.at_least(0, {used: float(room), **terms})

    def _add_time(
        self,
        kind: _Kind,
        used: int,
        drive: int,
        hours: int,
        shares: dict[str, int],
        visits: dict[int, int],
    ) -> None:
        vehicle = kind.vehicle
        work = {
            shares[job.id]: -float(sum(task.service_seconds for task in (job.pickup, job.delivery) if task))
            for job in kind.jobs
        }
        stays = {
            visit: -float(self.problem.locations[place].visit_seconds) for place, visit in visits.items()
        }
        self.program.at_least(0, {hours: 1, drive: -1, **work, **stays})
        longest = min(vehicle.shift.end - vehicle.shift.start, self._busiest(vehicle))
        if vehicle.max_seconds is not None:
            longest = min(longest, vehicle.max_seconds)
        self.program.at_least(0, {used: longest, hours: -1})

    def _busiest(self, vehicle: Vehicle) -> int:
        """More than one vehicle could drive and work; an endless shift would make the program ill-conditioned."""
        leg = int(travel(self.problem, vehicle.profile).seconds.max())
        stay = max(place.visit_seconds for place in self.problem.locations)
        tasks = [task for job in self.problem.jobs for task in (job.pickup, job.delivery) if task]
        stops = (2 * len(tasks) + 1) if vehicle.reloads else (len(tasks) + 1)
        load = len(tasks) * sum(task.service_seconds for task in vehicle.reloads)
        return load + sum(task.service_seconds for task in tasks) + stops * (leg + stay) + 1

    def _add_speed(self, kind: _Kind, metres: int, drive: int) -> None:
        """No leg is faster than the fastest or slower than the slowest; loosened a hair, as GLOP wants room."""
        profile = kind.vehicle.profile
        if profile not in self.speeds:
            self.speeds[profile] = _speeds(travel(self.problem, profile))
        pace, speed = self.speeds[profile]
        self.program.at_least(0, {drive: 1, metres: -pace * (1 - 1e-6)})
        self.program.at_least(0, {metres: 1, drive: -speed * (1 - 1e-6)})

    def _add_tree(self) -> None:
        """All routes together connect the places that must be visited with the ends of the vehicles."""
        vehicles = [kind.vehicle for kind in self.kinds]
        must = {
            place
            for job in self.problem.jobs
            if job.id in self.must and self.shares[job.id]
            for place in self._places(job)
        }
        if any(vehicle.start is None and vehicle.end is None for vehicle in vehicles):
            return
        ends = {self.index[end] for vehicle in vehicles for end in (vehicle.start, vehicle.end) if end}
        places = sorted(must | ends)
        if not must or len(places) > TREE_PLACES:
            return
        tables = [self._ways(vehicle, "metres") for vehicle in {v.profile: v for v in vehicles}.values()]
        length = np.minimum.reduce(
            [np.array([ways.out(place)[places] for place in places]) for ways in tables]
        )
        length = np.minimum(length, length.T)
        roots = [spot for spot, place in enumerate(places) if place in ends]
        self.program.at_least(float(_spanning_tree(length, roots)), self.driven)


def _speeds(tables: Travel) -> tuple[float, float]:
    """Seconds a metre and metres a second of the fastest and the slowest leg; some rows at a time, to save room."""
    pace, speed, places = INFINITY, INFINITY, len(tables.metres)
    for first in range(0, places, ROWS):
        far = tables.metres[first : first + ROWS].astype(float)
        slow = tables.seconds[first : first + ROWS].astype(float)
        here = np.arange(len(far))
        quick, long = slow / np.maximum(far, 1), far / np.maximum(slow, 1)
        quick[here, first + here] = long[here, first + here] = INFINITY
        pace, speed = min(pace, float(quick.min())), min(speed, float(long.min()))
    return (0.0, 0.0) if places < 2 else (pace, speed)


def _spanning_tree(length: NDArray[np.int64], roots: list[int]) -> int:
    """Weight of a least tree that hangs every node on the roots (Prim)."""
    reach = np.minimum.reduce([length[root] for root in roots]).astype(float)
    reach[roots] = INFINITY
    total = 0.0
    for _ in range(len(length) - len(roots)):
        nearest = int(np.argmin(reach))
        total += reach[nearest]
        better = np.minimum(reach, length[nearest])
        reach = np.where(np.isinf(reach), INFINITY, better)
        reach[nearest] = INFINITY
    return int(total)


def _kinds(problem: Problem) -> list[_Kind]:
    appraiser = Appraiser(problem)
    kinds = []
    for vehicles in appraiser.kinds:
        admitted = appraiser.admitted(vehicles[0])
        jobs = tuple(job for job in problem.jobs if job.id in admitted)
        kinds.append(_Kind(vehicles[0], len(vehicles), jobs))
    return kinds
