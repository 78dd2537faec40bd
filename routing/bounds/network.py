"""The routes of one kind of vehicle, relaxed to walks in a small graph with one resource.

Every route that keeps the rules is such a walk (or a dearer one), so the cheapest walk is a lower bound of the
cheapest route. Two ways to relax:

- load: every job is a node of its own, legs are those of the tables, the resource is what is on board (the
  dimension that is scarcest; where none is scarce, the number of jobs). For jobs with one end.
- trips: as load, for pairs. A route is cut where goods are fetched: whatever is delivered from there to the next
  fetching was all on board, so a trip from the nearest source and to the nearest source or end is a walk.
  The way between sources costs nothing; the vehicle's time is shared by its trips.
- time: a node per place and source, where all its jobs are done at once; legs are shortest ways; the resource is the
  time of day, or the time on the road where nothing has opening hours. The goods of a pair must be fetched
  first: the scarcest pickup places are nodes that set a bit, and only jobs whose bit is set can be done.
  Other pickups cost no way at all.
Left out of both: breaks, greatest distances, frozen prefixes, skills beyond who may take what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..matrix import IntTable, location_index, travel
from ..problem import Job, Problem, Vehicle

FloatTable = NDArray[np.float64]
IntRow = NDArray[np.int64]
CLOSED = math.inf


@dataclass(frozen=True, slots=True)
class Kind:
    """Vehicles that are alike, and the jobs that they may take."""

    vehicle: Vehicle
    count: int
    jobs: tuple[Job, ...]


@dataclass(slots=True)
class Stay:
    """One job at a node: its number in the problem, what serving it costs and takes, its last step."""

    job: int
    work_cost: float
    work_seconds: float
    last: int


@dataclass(slots=True)
class Network:
    """Nodes 0..n-1 are visits, n..n+bits-1 fetch goods. Costs in fen, steps of the resource up to `limit`.

    cost, steps: (n + bits) square, from row to column; first_*, last_*: from the start, to the end;
    open: (limit + 1, n + bits), whether a stay may begin at a step.
    """

    kind: Kind
    limit: int
    stays: list[list[Stay]]
    bit: list[int]  # per visit: what must be fetched before, -1 for nothing
    bits: int
    cost: FloatTable
    steps: IntRow
    first_cost: NDArray[np.float64]
    first_steps: IntRow
    last_cost: NDArray[np.float64]
    last_steps: IntRow
    open: NDArray[np.bool_]
    seconds: FloatTable  # as cost: what counts against `span`
    first_seconds: NDArray[np.float64]
    last_seconds: NDArray[np.float64]
    span: float | None  # what a vehicle has of seconds (or metres) in all; None: more than it can use
    base_cost: float  # of a walk; the fixed price less what rounding may take off
    vehicle_cost: float | None = None  # of a vehicle that makes many walks; None: a walk is all it does
    near: list[tuple[int, ...]] = field(default_factory=list)  # nodes that a node remembers, itself first

    @property
    def visits(self) -> int:
        return len(self.stays)


def rounding(vehicle: Vehicle) -> float:
    """Costs by distance and by time are rounded to whole fen, by half a fen at most each."""
    return 0.5 * (vehicle.km_price % 1000 > 0) + 0.5 * (vehicle.hour_price % 3600 > 0)


def closure(table: FloatTable) -> FloatTable:
    """Shortest ways over any other places (Floyd and Warshall)."""
    best = table.copy()
    for middle in range(len(best)):
        np.minimum(best, best[:, middle, None] + best[middle], out=best)
    return best


Ways = tuple[NDArray[np.float64], NDArray[np.float64]]


def anchor(job: Job) -> str:
    task = job.delivery or job.pickup
    assert task is not None
    return task.location


def work(job: Job) -> int:
    return sum(task.service_seconds for task in (job.pickup, job.delivery) if task)


class Ground:
    """Tables of one vehicle in its own prices."""

    def __init__(self, problem: Problem, vehicle: Vehicle, *, shortest: bool) -> None:
        tables = travel(problem, vehicle.profile)
        self.vehicle = vehicle
        self.index = location_index(problem)
        self.hour = vehicle.hour_price / 3600
        self.visit = np.array([place.visit_seconds for place in problem.locations], dtype=np.float64)
        self.cost = self._priced(tables.metres, tables.seconds)
        self.seconds = tables.seconds.astype(np.float64)
        self.timed, self.span = self._limits(problem)
        self.measure = self.seconds if self.timed else tables.metres.astype(np.float64)
        for table in (self.cost, self.seconds, self.measure):
            np.fill_diagonal(table, 0.0)
        if shortest:
            self.cost, self.measure = closure(self.cost), closure(self.measure)
            self.seconds = self.measure if self.timed else closure(self.seconds)

    def _limits(self, problem: Problem) -> tuple[float, float | None]:
        """Whether time (1) or distance (0) limits a vehicle most, and how much of it there is."""
        vehicle = self.vehicle
        if vehicle.max_metres is not None and vehicle.max_seconds is None:
            return 0.0, float(vehicle.max_metres)
        tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
        again = 2 if vehicle.reloads else 1
        longest = float(self.seconds.max(initial=0) + self.visit.max(initial=0)) * (again * len(tasks) + 1)
        longest += sum(task.service_seconds for task in tasks)
        longest += len(tasks) * sum(task.service_seconds for task in vehicle.reloads)
        span = float(vehicle.shift.end - vehicle.shift.start)
        span = span if vehicle.max_seconds is None else min(span, float(vehicle.max_seconds))
        return 1.0, span if span < longest else None

    def _priced(self, metres: IntTable, seconds: IntTable) -> FloatTable:
        priced: FloatTable = metres * (self.vehicle.km_price / 1000) + seconds * self.hour
        return priced

    def from_start(self) -> Ways:
        """Cost and measure from the start to every place; nothing where a route begins at its first stop."""
        if self.vehicle.start is None:
            return np.zeros(len(self.cost)), np.zeros(len(self.cost))
        start = self.index[self.vehicle.start]
        return self.cost[start], self.measure[start]

    def first(self, places: IntRow) -> Ways:
        cost, measure = self.from_start()
        return cost[places], measure[places]

    def last(self, places: IntRow) -> Ways:
        if self.vehicle.end is None:
            return np.zeros(len(places)), np.zeros(len(places))
        end = self.index[self.vehicle.end]
        return self.cost[places, end], self.measure[places, end]

    def first_seconds(self, places: IntRow) -> NDArray[np.float64]:
        start = self.vehicle.start
        return np.zeros(len(places)) if start is None else self.seconds[self.index[start], places]

    def last_seconds(self, places: IntRow) -> NDArray[np.float64]:
        end = self.vehicle.end
        return np.zeros(len(places)) if end is None else self.seconds[places, self.index[end]]
