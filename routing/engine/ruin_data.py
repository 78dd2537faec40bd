"""A problem as bare numbers for the ruin-and-recreate search: nodes are acts, then the ends of vehicles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..matrix import IntTable, location_index, travel
from ..plan import Appraiser
from ..problem import Act, Problem, Vehicle, acts_of, task_of

NOWHERE = -1
FOREVER = 2**31 - 1
Spans = tuple[tuple[int, int], ...]
Grids = dict[tuple[object, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Work:
    """A job: its nodes (a missing end is None), load, price of leaving it out, vehicles that may take it."""

    pickup: int | None
    delivery: int | None
    amount: tuple[int, ...]
    penalty: float
    mandatory: bool
    vehicles: frozenset[int]
    release: int  # earliest start of a route that carries it from the start


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
    alike: object


@dataclass(slots=True)
class Numbers:
    """The whole problem."""

    acts: list[Act]
    works: list[Work]
    fleet: list[Fleet]
    work_of: list[int]  # node to job
    windows: list[Spans]  # per node; empty: always open
    near: list[list[int]]  # per job the others, most related first
    names: list[str] = field(default_factory=list)


def numbers(problem: Problem, appraiser: Appraiser) -> Numbers:
    """The problem with tables as numbers."""
    acts = [act for job in problem.jobs for act in acts_of(job)]
    node_of = {act: node for node, act in enumerate(acts)}
    spots, ends = _spots(problem, acts)
    tables = {key: _tables(problem, key, acts, spots) for key in {v.profile for v in problem.vehicles}}
    grids: Grids = {}
    fleet = [
        _vehicle(problem, appraiser, vehicle, ends, _grids(grids, tables[vehicle.profile], vehicle), node_of)
        for vehicle in problem.vehicles
    ]
    worst = _worst(fleet)
    admitted = [appraiser.admitted(vehicle) for vehicle in problem.vehicles]
    works = []
    for job in problem.jobs:
        allowed = frozenset(spot for spot, jobs in enumerate(admitted) if job.id in jobs)
        works.append(
            Work(
                node_of.get(Act(job.id, "pickup")),
                node_of.get(Act(job.id, "delivery")),
                job.amount,
                worst * (1 + job.priority) if job.tariff is None else float(job.tariff),
                job.tariff is None,
                allowed,
                job.release if job.pickup is None else 0,
            )
        )
    spot_of_job = {job.id: spot for spot, job in enumerate(problem.jobs)}
    return Numbers(
        acts=acts,
        works=works,
        fleet=fleet,
        work_of=[spot_of_job[act.job] for act in acts],
        windows=[_windows(appraiser, act) for act in acts],
        near=_related(problem, acts, spots),
        names=[vehicle.id for vehicle in problem.vehicles],
    )


def _spots(problem: Problem, acts: list[Act]) -> tuple[list[int], dict[str | None, int]]:
    """Location of every node; and the node of every place where vehicles start or end."""
    index = location_index(problem)
    jobs = {job.id: job for job in problem.jobs}
    spots = [index[task_of(jobs[act.job], act.kind).location] for act in acts]
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
    problem: Problem, profile: str, acts: list[Act], spots: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tables = travel(problem, profile)
    jobs = {job.id: job for job in problem.jobs}
    service = np.zeros(len(spots), dtype=np.int64)
    stay = np.zeros(len(spots), dtype=np.int64)
    for node, act in enumerate(acts):
        service[node] = task_of(jobs[act.job], act.kind).service_seconds
        stay[node] = problem.locations[spots[node]].visit_seconds
    places = np.array(spots)
    away = places[:, None] != places
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
    node_of: dict[Act, int],
) -> Fleet:
    cost, time, metres = grids
    km, hour = vehicle.km_price / 1000, vehicle.hour_price / 3600
    limits = vehicle.max_metres, vehicle.max_seconds, vehicle.breaks
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
        prefix=tuple(node_of[act] for act in appraiser.prefix(vehicle.id)),
        alike=appraiser.traits(vehicle),
    )


def _worst(fleet: list[Fleet]) -> float:
    """More than serving any one job can cost."""
    legs = {id(item.cost): max(map(max, item.cost), default=0.0) for item in fleet}
    return 10.0 + max((item.fixed + 4 * legs[id(item.cost)] for item in fleet), default=0.0)


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
