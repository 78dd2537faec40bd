"""A problem as bare numbers for the ruin-and-recreate search: nodes are acts, reloads, the ends of vehicles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..matrix import IntTable, location_index, travel
from ..plan import Appraiser
from ..problem import Act, Problem, Task, Vehicle, acts_of, task_of

NOWHERE = -1
FOREVER = 2**31 - 1
BEGUN = 100  # times the price of a job left out: goods on board must be delivered
Spans = tuple[tuple[int, int], ...]
Grids = dict[tuple[object, ...], tuple[Any, ...]]
Nodes = dict[Act | Task, int]


@dataclass(frozen=True, slots=True)
class Work:
    """A job: its nodes (a missing end is None), load, price of leaving it out, vehicles that may take it."""

    pickup: int | None
    delivery: int | None
    amount: tuple[int, ...]
    penalty: float
    mandatory: bool
    vehicles: frozenset[int]
    release: int  # earliest start of a trip that carries it from the start
    returns: tuple[int, ...]  # on board from the delivery to the end of the trip; empty: nothing
    group: int  # of the alternatives of which one is done, or NOWHERE


@dataclass(slots=True)
class Fleet:
    """One vehicle; `alike` is equal for vehicles that are interchangeable while idle."""

    start: int
    end: int
    shift: tuple[int, int]
    capacity: tuple[int, ...]
    fixed: int
    km: float  # fen per metre
    hour: float  # fen per second
    cost: list[list[float]]  # fen from node to node, waiting aside
    time: list[list[int]]  # seconds from node to node, the work at the first included
    metres: list[list[int]]
    strict: bool  # has limits that only the appraiser knows
    prefix: tuple[int, ...]
    reloads: tuple[int, ...]  # nodes at which it may begin another trip
    again: dict[str, int]  # the node of every reload by its place
    most_reloads: int
    alike: object


@dataclass(slots=True)
class Numbers:
    """The whole problem."""

    acts: list[Act]
    works: list[Work]
    fleet: list[Fleet]
    work_of: list[int]  # node to job; NOWHERE for a reload
    windows: list[Spans]  # per node; empty: always open
    near: list[list[int]]  # per job the others, most related first
    names: list[str] = field(default_factory=list)
    groups: list[tuple[int, ...]] = field(default_factory=list)  # the jobs of each


def numbers(problem: Problem, appraiser: Appraiser) -> Numbers:
    """The problem with tables as numbers."""
    acts = [act for job in problem.jobs for act in acts_of(job)]
    tasks = [task_of(appraiser.jobs[act.job], act.kind) for act in acts]
    again = list(dict.fromkeys(task for vehicle in problem.vehicles for task in vehicle.reloads))
    node_of: Nodes = {act: node for node, act in enumerate(acts)}
    node_of |= {task: len(acts) + number for number, task in enumerate(again)}
    spots, ends = _spots(problem, tasks + again)
    tables = {
        key: _tables(problem, key, tasks + again, spots) for key in {v.profile for v in problem.vehicles}
    }
    grids: Grids = {}
    fleet = [
        _vehicle(problem, appraiser, vehicle, ends, _grids(grids, tables[vehicle.profile], vehicle), node_of)
        for vehicle in problem.vehicles
    ]
    spot_of_job = {job.id: spot for spot, job in enumerate(problem.jobs)}
    return Numbers(
        acts=acts + [Act("", "reload", task.location) for task in again],
        works=_works(problem, appraiser, node_of, _worst(problem, fleet)),
        fleet=fleet,
        work_of=[spot_of_job[act.job] for act in acts] + [NOWHERE] * len(again),
        windows=[_windows(appraiser, act) for act in acts]
        + [tuple((window.start, window.end) for window in task.windows) for task in again],
        near=_related(problem, acts, spots),
        names=[vehicle.id for vehicle in problem.vehicles],
        groups=[tuple(spot_of_job[job] for job in group.jobs) for group in problem.groups],
    )


def _works(problem: Problem, appraiser: Appraiser, node_of: Nodes, worst: float) -> list[Work]:
    admitted = [appraiser.admitted(vehicle) for vehicle in problem.vehicles]
    group_of = {job: number for number, group in enumerate(problem.groups) for job in group.jobs}
    begun = {act.job for prefix in problem.prefixes for act in prefix.acts}
    works = []
    for job in problem.jobs:
        wanted = problem.groups[group_of[job.id]] if job.id in group_of else job
        price = worst * (1 + wanted.priority) if wanted.tariff is None else float(wanted.tariff)
        must = wanted.tariff is None
        if job.id in begun:
            price, must = BEGUN * worst, True
        works.append(
            Work(
                node_of.get(Act(job.id, "pickup")),
                node_of.get(Act(job.id, "delivery")),
                job.amount,
                price,
                must,
                frozenset(spot for spot, jobs in enumerate(admitted) if job.id in jobs),
                job.release if job.pickup is None else 0,
                job.returns if any(job.returns) else (),
                group_of.get(job.id, NOWHERE),
            )
        )
    return works


def _spots(problem: Problem, tasks: list[Task]) -> tuple[list[int], dict[str | None, int]]:
    """Location of every node; and the node of every place where vehicles start or end."""
    index = location_index(problem)
    spots = [index[task.location] for task in tasks]
    ends: dict[str | None, int] = {}
    for vehicle in problem.vehicles:
        for place in (vehicle.start, vehicle.end):
            if place not in ends:
                ends[place] = len(spots)
                spots.append(NOWHERE if place is None else index[place])
    return spots, ends


def _between(table: IntTable, spots: list[int]) -> NDArray[np.int64]:
    places = np.array(spots)
    wide: NDArray[np.int64] = table[np.ix_(places, places)].astype(np.int64)
    wide[places[:, None] == places] = 0
    wide[places == NOWHERE, :] = 0
    wide[:, places == NOWHERE] = 0
    return wide


def _tables(
    problem: Problem, profile: str, work: list[Task], spots: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tables = travel(problem, profile)
    service = np.zeros(len(spots), dtype=np.int64)
    stay = np.zeros(len(spots), dtype=np.int64)
    for node, task in enumerate(work):
        service[node] = task.service_seconds
        stay[node] = problem.locations[spots[node]].visit_seconds
    places = np.array(spots)
    away = places[:, None] != places
    away[:, len(work) :] = True  # the last visit takes its time even where the route ends
    seconds = _between(tables.seconds, spots) + service[:, None] + away * stay[:, None]
    return _between(tables.metres, spots), seconds


def _grids(
    known: Grids, tables: tuple[NDArray[np.int64], NDArray[np.int64]], vehicle: Vehicle
) -> tuple[list[list[float]], list[list[int]], list[list[int]]]:
    """Cost, seconds and metres as lists, which Python reads fastest; one copy for vehicles of equal prices."""
    metres, seconds = tables
    plain, priced = (vehicle.profile,), (vehicle.profile, vehicle.km_price, vehicle.hour_price)
    if plain not in known:
        known[plain] = seconds.tolist(), metres.tolist()
    if priced not in known:
        cost = metres * (vehicle.km_price / 1000) + seconds * (vehicle.hour_price / 3600)
        known[priced] = (cost.tolist(),)
    return known[priced][0], known[plain][0], known[plain][1]


def _vehicle(
    problem: Problem,
    appraiser: Appraiser,
    vehicle: Vehicle,
    ends: dict[str | None, int],
    grids: tuple[list[list[float]], list[list[int]], list[list[int]]],
    node_of: Nodes,
) -> Fleet:
    cost, time, metres = grids
    km, hour = vehicle.km_price / 1000, vehicle.hour_price / 3600
    limits = vehicle.max_metres, vehicle.max_seconds, vehicle.breaks
    again = {task.location: node_of[task] for task in vehicle.reloads}
    return Fleet(
        start=ends[vehicle.start],
        end=ends[vehicle.end],
        shift=(vehicle.shift.start, vehicle.shift.end),
        capacity=vehicle.capacity,
        fixed=vehicle.fixed_price,
        km=km,
        hour=hour,
        cost=cost,
        time=time,
        metres=metres,
        strict=limits != (None, None, ()) or appraiser.ordered(vehicle.id),
        prefix=tuple(
            again[act.location] if act.kind == "reload" else node_of[act]
            for act in appraiser.prefix(vehicle.id)
        ),
        reloads=tuple(node for place, node in again.items() if appraiser.may_go(vehicle, place)),
        again=again,
        most_reloads=FOREVER if vehicle.max_trips is None else vehicle.max_trips - 1,
        alike=appraiser.traits(vehicle),
    )


def _worst(problem: Problem, fleet: list[Fleet]) -> float:
    """More than serving any one job can cost, a reload for it and every tariff included."""
    legs = {id(item.cost): max(map(max, item.cost), default=0.0) for item in fleet}
    return (
        10.0 + tariffs(problem) + max((item.fixed + 6 * legs[id(item.cost)] for item in fleet), default=0.0)
    )


def tariffs(problem: Problem) -> int:
    """What leaving out everything that may be left out would cost."""
    return sum(job.tariff or 0 for job in problem.jobs) + sum(group.tariff or 0 for group in problem.groups)


def _windows(appraiser: Appraiser, act: Act) -> Spans:
    job = appraiser.jobs[act.job]
    spans = tuple((window.start, window.end) for window in task_of(job, act.kind).windows)
    if act.kind == "pickup" and job.release:
        spans = tuple(
            (max(low, job.release), high) for low, high in spans or ((0, FOREVER),) if high >= job.release
        )
        return spans or ((-1, -1),)
    return spans


def _related(problem: Problem, acts: list[Act], spots: list[int]) -> list[list[int]]:
    """Per job the others by the way between their nearest ends, in the first profile."""
    if not problem.vehicles:
        return [[] for _ in problem.jobs]
    table = travel(problem, problem.vehicles[0].profile).metres.astype(np.int64)
    spot_of = {act: spots[node] for node, act in enumerate(acts)}
    firsts = np.array([spot_of[acts_of(job)[0]] for job in problem.jobs])
    lasts = np.array([spot_of[acts_of(job)[-1]] for job in problem.jobs])
    both = table + table.T
    apart = 2 * both[np.ix_(lasts, lasts)] + both[np.ix_(firsts, firsts)]
    return [[int(other) for other in np.argsort(row, kind="stable")[1:80]] for row in apart]
