"""What a sequence of acts would cost on a vehicle, or the first rule that it breaks.

The engines, the repair and the explanations all ask here. The checker does not: it computes for itself.
"""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..matrix import IntTable, location_index, travel
from ..problem import Act, Job, Problem, Task, Vehicle, Window, task_of
from .model import Code
from .schedule import Halt, Late, Rule, Timetable, timetable

HUGE = 2**31 - 1
NOTHING: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """A feasible sequence: its timetable, loads after each act (first: at the start), and cost in fen."""

    acts: tuple[Act, ...]
    times: Timetable
    loads: list[tuple[int, ...]]
    legs: list[tuple[int, int]]  # metres and seconds to each act, then to the end
    metres: int
    fixed_cost: int
    km_cost: int
    hour_cost: int

    @property
    def cost(self) -> int:
        return self.fixed_cost + self.km_cost + self.hour_cost


@dataclass(frozen=True, slots=True)
class Broken:
    """The first broken rule, and by how much, in the unit of the code."""

    code: Code
    short: int = 0


def _view(table: IntTable) -> memoryview[int]:
    # Reading one cell of a numpy table costs several times as much.
    view: memoryview[int] = np.ascontiguousarray(table).data
    return view


def priced(quantity: int, price: int, per: int) -> int:
    """quantity * price / per in whole fen, halves up."""
    return (2 * quantity * price + per) // (2 * per)


class Appraiser:
    """A problem made ready for quick questions about single routes."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.index = location_index(problem)
        self.jobs = {job.id: job for job in problem.jobs}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self._tables = {
            profile: (
                _view(travel(problem, profile).metres),
                _view(travel(problem, profile).seconds),
            )
            for profile in {vehicle.profile for vehicle in problem.vehicles}
        }
        self._locks = {lock.job: lock.vehicle for lock in problem.locks}
        self._prefixes = {prefix.vehicle: prefix.acts for prefix in problem.prefixes}
        self._orders: dict[str, list[tuple[Act, ...]]] = defaultdict(list)
        for order in problem.orders:
            self._orders[order.vehicle].append(order.acts)
        self.group_of = {job: group for group in problem.groups for job in group.jobs}
        self._reloads = {v.id: {task.location: task for task in v.reloads} for v in problem.vehicles}
        self.visit_seconds = {place.id: place.visit_seconds for place in problem.locations}
        self._classes = {place.id: place.classes for place in problem.locations}
        self._admitted: dict[object, frozenset[str]] = {}
        self._spans: dict[Act, tuple[tuple[int, int], ...]] = {}
        self._empty = tuple(0 for _ in problem.dimensions)

    @cached_property
    def _frozen_jobs(self) -> dict[str, str]:
        bound = {act.job: order.vehicle for order in self.problem.orders for act in order.acts}
        return bound | {act.job: vehicle for vehicle, acts in self._prefixes.items() for act in acts}

    def ordered(self, vehicle_id: str) -> bool:
        """Whether some acts of this vehicle have a fixed order."""
        return vehicle_id in self._orders

    def task(self, vehicle_id: str, act: Act) -> Task:
        """Where and when an act of this vehicle may begin, and how long it takes."""
        if act.kind == "reload":
            return self._reloads[vehicle_id][act.location]
        return task_of(self.jobs[act.job], act.kind)

    def prefix(self, vehicle_id: str) -> tuple[Act, ...]:
        """The acts with which the route of this vehicle must begin."""
        return self._prefixes.get(vehicle_id, ())

    @cached_property
    def _named(self) -> frozenset[str]:
        """Vehicles that some job, lock or prefix names; all others differ by their traits alone."""
        names = {name for job in self.problem.jobs for name in job.vehicles or ()}
        return frozenset(names | set(self._locks.values()) | set(self._prefixes) | set(self._orders))

    def admitted(self, vehicle: Vehicle) -> frozenset[str]:
        """The jobs that this vehicle may take; vehicles of equal traits share one answer."""
        name = vehicle.id if vehicle.id in self._named else ""
        key = name, vehicle.vehicle_class, vehicle.skills, vehicle.capacity
        if key not in self._admitted:
            jobs = (job for job in self.problem.jobs if self.admits(vehicle, job) is None)
            self._admitted[key] = frozenset(job.id for job in jobs)
        return self._admitted[key]

    def traits(self, vehicle: Vehicle) -> tuple[object, ...]:
        """Equal for vehicles that are interchangeable while idle."""
        prices = vehicle.fixed_price, vehicle.km_price, vehicle.hour_price
        limits = vehicle.capacity, vehicle.shift, vehicle.max_metres, vehicle.max_seconds, vehicle.breaks
        ways = vehicle.profile, vehicle.start, vehicle.end, vehicle.reloads, vehicle.max_trips
        return (*ways, *prices, *limits, self.admitted(vehicle), self.prefix(vehicle.id))

    @cached_property
    def kinds(self) -> list[list[Vehicle]]:
        """The vehicles, those of equal traits together."""
        alike: dict[object, list[Vehicle]] = defaultdict(list)
        for vehicle in self.problem.vehicles:
            alike[self.traits(vehicle)].append(vehicle)
        return list(alike.values())

    def admits(self, vehicle: Vehicle, job: Job, waived: frozenset[Code] = NOTHING) -> Broken | None:
        """The rule that keeps the job off this vehicle whatever the route, or None."""
        bound = self._locks.get(job.id) or self._frozen_jobs.get(job.id)
        allowed = job.vehicles is None or vehicle.id in job.vehicles
        if "vehicle" not in waived and (not allowed or bound not in (None, vehicle.id)):
            return Broken("vehicle")
        if "class" not in waived:
            places = [task.location for task in (job.pickup, job.delivery) if task]
            for classes in (job.classes, *(self._classes[place] for place in places)):
                if classes is not None and vehicle.vehicle_class not in classes:
                    return Broken("class")
        if "skills" not in waived and not set(job.skills) <= set(vehicle.skills):
            return Broken("skills", len(set(job.skills) - set(vehicle.skills)))
        if "capacity" not in waived:
            over = max(a - c for a, c in zip(job.amount, vehicle.capacity, strict=True))
            if over > 0:
                return Broken("capacity", over)
        return None

    def appraise(self, vehicle_id: str, acts: Many[Act], waived: frozenset[Code] = NOTHING) -> Facts | Broken:
        """Facts of the route, or the first rule it breaks; rules in `waived` are not asked."""
        vehicle = self.vehicles[vehicle_id]
        for job_id in {act.job for act in acts if act.kind != "reload"} - self.admitted(vehicle):
            if barred := self.admits(vehicle, self.jobs[job_id], waived):
                return barred
        if broken := self._order(vehicle_id, acts, waived) or self._trips(vehicle, acts):
            return broken
        loads = self.loads(acts)
        if "full" not in waived:
            over = max(
                (a - c for load in loads for a, c in zip(load, vehicle.capacity, strict=True)), default=0
            )
            if over > 0:
                return Broken("full", over)
        legs = self.legs(vehicle, acts)
        metres = sum(leg[0] for leg in legs)
        if vehicle.max_metres is not None and metres > vehicle.max_metres and "distance" not in waived:
            return Broken("distance", metres - vehicle.max_metres)
        times = self._times(vehicle, acts, legs, waived)
        if isinstance(times, Late):
            return Broken(_late_code(times), times.by)
        return self._facts(vehicle, tuple(acts), times, loads, legs)

    def _order(self, vehicle_id: str, acts: Many[Act], waived: frozenset[Code]) -> Broken | None:
        prefix = self.prefix(vehicle_id)
        if tuple(acts[: len(prefix)]) != prefix and "locked" not in waived:
            return Broken("locked")
        if "locked" not in waived and any(
            not _keeps(acts, order) for order in self._orders.get(vehicle_id, ())
        ):
            return Broken("locked")
        seen: set[Act] = set()
        for act in acts:
            if act.kind == "reload":
                continue
            job = self.jobs[act.job]
            early = act.kind == "delivery" and job.pickup is not None and Act(act.job, "pickup") not in seen
            if act in seen or early:
                return Broken("order")
            seen.add(act)
        for act in acts:
            if act.kind == "pickup" and self.jobs[act.job].delivery and Act(act.job, "delivery") not in seen:
                return Broken("order")
        return None

    def _trips(self, vehicle: Vehicle, acts: Many[Act]) -> Broken | None:
        """Reloads where the vehicle has some and may go, and alternatives one at a time."""
        again = [act.location for act in acts if act.kind == "reload"]
        if again:
            barred = not all(self.may_go(vehicle, place) for place in again)
            if barred or not set(again) <= self._reloads[vehicle.id].keys():
                return Broken("trips")
            if vehicle.max_trips is not None and len(again) >= vehicle.max_trips:
                return Broken("trips", len(again) + 1 - vehicle.max_trips)
        if self.group_of:
            chosen = {act.job for act in acts if act.job in self.group_of}
            if len({self.group_of[job].id for job in chosen}) < len(chosen):
                return Broken("group")
        return None

    def may_go(self, vehicle: Vehicle, place: str) -> bool:
        """Whether a place admits the class of the vehicle."""
        classes = self._classes[place]
        return classes is None or vehicle.vehicle_class in classes

    def loads(self, acts: Many[Act]) -> list[tuple[int, ...]]:
        """On board at the start and after each act."""
        load, kept = self._empty, self._empty  # kept: picked up for good, gone at the next reload
        for act in _trip(acts, 0):
            if self.jobs[act.job].pickup is None:
                load = _plus(load, self.jobs[act.job].amount)
        loads = [load]
        for spot, act in enumerate(acts):
            if act.kind == "reload":
                load, kept = _minus(load, kept), self._empty
                for later in _trip(acts, spot + 1):
                    if self.jobs[later.job].pickup is None:
                        load = _plus(load, self.jobs[later.job].amount)
            else:
                job = self.jobs[act.job]
                load = _plus(load, job.amount) if act.kind == "pickup" else _minus(load, job.amount)
                gained = job.amount if job.delivery is None else job.returns
                if gained:
                    load = _plus(load, job.returns) if job.returns else load
                    kept = _plus(kept, gained)
            loads.append(load)
        return loads

    def legs(self, vehicle: Vehicle, acts: Many[Act]) -> list[tuple[int, int]]:
        """Metres and seconds to each act, then to the end; none within one visit or to an open end."""
        metres, seconds = self._tables[vehicle.profile]
        here = self.index[vehicle.start] if vehicle.start is not None else None
        legs = []
        for act in acts:
            there = self.index[self.task(vehicle.id, act).location]
            legs.append(
                (0, 0) if here is None or here == there else (metres[here, there], seconds[here, there])
            )
            here = there
        end = self.index[vehicle.end] if vehicle.end is not None else None
        if here is None or end is None or here == end:
            return [*legs, (0, 0)]
        legs.append((metres[here, end], seconds[here, end]))
        return legs

    def _times(
        self, vehicle: Vehicle, acts: Many[Act], legs: list[tuple[int, int]], waived: frozenset[Code]
    ) -> Timetable | Late:
        open_ = "window" in waived
        halts = [self._halt(vehicle.id, acts, spot, legs[spot][1], open_) for spot in range(len(acts))]
        ready = [self._ready(_trip(acts, 0))]
        shift = vehicle.shift
        end = HUGE if "shift" in waived else shift.end
        rule = Rule(
            start=(max([shift.start, *ready]), end),
            end=end,
            last_leg=legs[-1][1],
            max_seconds=None if "duration" in waived else vehicle.max_seconds,
            breaks=()
            if "break" in waived
            else tuple((rest.seconds, rest.window.start, rest.window.end) for rest in vehicle.breaks),
        )
        return timetable(halts, rule, shortest=vehicle.hour_price > 0)

    def spans(self, act: Act) -> tuple[tuple[int, int], ...]:
        """When an act of a job may begin: its windows, a pickup's from when its goods are ready."""
        if act not in self._spans:
            job = self.jobs[act.job]
            ready = job.release if act.kind == "pickup" else 0
            self._spans[act] = _from(task_of(job, act.kind).windows, ready)
        return self._spans[act]

    def alone(self, act: Act) -> bool:
        """Whether an act delivers goods that are on board from the start of the trip."""
        return act.kind == "delivery" and self.jobs[act.job].pickup is None

    def tables(self, profile: str) -> tuple[IntTable, IntTable]:
        """Metres and seconds by location."""
        tables = travel(self.problem, profile)
        return tables.metres, tables.seconds

    def _ready(self, acts: Iterable[Act]) -> int:
        """When the last of the goods that a trip starts with is ready."""
        jobs = (self.jobs[act.job] for act in acts)
        return max((job.release for job in jobs if job.pickup is None), default=0)

    def _halt(self, vehicle_id: str, acts: Many[Act], spot: int, leg: int, always_open: bool) -> Halt:
        act = acts[spot]
        task = self.task(vehicle_id, act)
        if act.kind == "reload":
            windows = _from(() if always_open else task.windows, self._ready(_trip(acts, spot + 1)))
        elif always_open:
            windows = _from((), self.jobs[act.job].release if act.kind == "pickup" else 0)
        else:
            windows = self.spans(act)
        work = task.service_seconds
        if spot + 1 == len(acts) or self.task(vehicle_id, acts[spot + 1]).location != task.location:
            work += self.visit_seconds[task.location]
        return Halt(leg, windows, work)

    def _facts(
        self,
        vehicle: Vehicle,
        acts: tuple[Act, ...],
        times: Timetable,
        loads: list[tuple[int, ...]],
        legs: list[tuple[int, int]],
    ) -> Facts:
        metres = sum(leg[0] for leg in legs)
        return Facts(
            acts,
            times,
            loads,
            legs,
            metres,
            vehicle.fixed_price,
            priced(metres, vehicle.km_price, 1000),
            priced(times.end - times.start, vehicle.hour_price, 3600),
        )


def _trip(acts: Many[Act], spot: int) -> Iterator[Act]:
    """The acts from here to the next reload."""
    return itertools.takewhile(lambda act: act.kind != "reload", itertools.islice(acts, spot, None))


def _from(windows: Iterable[Window], ready: int) -> tuple[tuple[int, int], ...]:
    """Windows as spans, from when the goods are ready."""
    spans = tuple((window.start, window.end) for window in windows)
    if ready:
        spans = tuple((max(low, ready), high) for low, high in spans or ((0, HUGE),) if high >= ready)
        return spans or ((-1, -1),)  # closed for good before it is ready
    return spans


def _plus(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(operator.add, one, other))


def _minus(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(operator.sub, one, other))


def _keeps(acts: Many[Act], order: tuple[Act, ...]) -> bool:
    """Whether those acts of a fixed order that are done are done in its order."""
    rank = {act: number for number, act in enumerate(order)}
    ranks = [rank[act] for act in acts if act in rank]
    return ranks == sorted(ranks)


def _late_code(late: Late) -> Code:
    codes: dict[str, Code] = {"window": "window", "shift": "shift", "duration": "duration", "break": "break"}
    return codes[late.code]
