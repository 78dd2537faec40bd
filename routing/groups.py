"""A plan cut into groups of neighbouring routes, each a problem of its own that any host can solve; and back.

Nothing here knows how groups travel: solve each with `routing.solver.solve` wherever there is a processor,
merge what comes back, and cut again with another seed for other neighbours. Groups share no vehicle and no
job, so a merged plan keeps every rule; a group that came back worse or not at all leaves its routes as they
were.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .matrix import location_index, part
from .plan import Appraiser, Plan, build, left_out, sequences_of
from .problem import Act, Job, Problem, Sequence, Vehicle


def cut(problem: Problem, plan: Plan, *, size: int = 200, seed: int = 0) -> list[Problem]:
    """Problems of about `size` acts: neighbouring routes with their plan to begin from.

    Jobs left out go with the nearest route, idle vehicles from hand to hand. The problem needs its tables.
    Problems with groups of alternatives come back whole, as alternatives may lie on two routes.
    """
    sequences = list(sequences_of(plan))
    if problem.groups or len(sequences) < 2:
        return [replace(problem, initial=tuple(sequences))]
    where = _Places(problem)
    centres = np.array([where.of_acts(sequence.acts) for sequence in sequences])
    bundles = _bundles(centres, [len(sequence.acts) for sequence in sequences], size, random.Random(seed))
    jobs = [{act.job for spot in bundle for act in sequences[spot].acts if act.job} for bundle in bundles]
    middles = np.array([centres[bundle].mean(axis=0) for bundle in bundles])
    for job in _left(problem, jobs):
        jobs[int(((middles - where.of_job(job)) ** 2).sum(axis=1).argmin())].add(job.id)
    vehicles = [{sequences[spot].vehicle for spot in bundle} for bundle in bundles]
    busy = set().union(*vehicles)
    for number, vehicle in enumerate(item for item in problem.vehicles if item.id not in busy):
        vehicles[number % len(bundles)].add(vehicle.id)
    return [
        _part(problem, members, names, tuple(sequences[spot] for spot in bundle))
        for bundle, members, names in zip(bundles, jobs, vehicles, strict=True)
    ]


def merge(problem: Problem, plan: Plan, parts: Iterable[tuple[Problem, Plan]]) -> Plan:
    """The plan with the routes of those parts that came back better; times and costs are computed anew."""
    routes = {sequence.vehicle: sequence for sequence in sequences_of(plan)}
    for member, found in parts:
        before = build(Appraiser(member), member.initial)
        if (len(found.owed), found.cost.total) < (len(before.owed), before.cost.total):
            for vehicle in member.vehicles:
                routes.pop(vehicle.id, None)
            routes |= {sequence.vehicle: sequence for sequence in sequences_of(found)}
    merged = build(Appraiser(problem), routes.values())
    return replace(
        merged,
        engine=plan.engine,
        engine_reason=plan.engine_reason,
        seed=plan.seed,
        versions=plan.versions,
        lower_bound=plan.lower_bound,
        gap=None
        if plan.lower_bound is None or merged.owed
        else 1 - plan.lower_bound / max(1, merged.cost.total),
    )


class _Places:
    """Where jobs lie: in the columns of the first table, which works without a map."""

    def __init__(self, problem: Problem) -> None:
        self._index = location_index(problem)
        self._jobs = {job.id: job for job in problem.jobs}
        metres = problem.profiles[0].metres
        assert metres is not None
        step = max(1, len(metres) // 16)
        self._spots = metres.values[:, ::step].astype(np.float64)

    def of_job(self, job: Job) -> np.ndarray:
        task = job.delivery or job.pickup
        assert task is not None
        spot: np.ndarray = self._spots[self._index[task.location]]
        return spot

    def of_acts(self, acts: tuple[Act, ...]) -> np.ndarray:
        jobs = [self._jobs[act.job] for act in acts if act.job]
        middle: np.ndarray = np.mean([self.of_job(job) for job in jobs], axis=0)
        return middle


def _bundles(centres: np.ndarray, acts: list[int], size: int, draw: random.Random) -> list[list[int]]:
    """Every route once: each bundle grows around a drawn route by the nearest that are free."""
    free = set(range(len(centres)))
    bundles = []
    while free:
        seed = draw.choice(sorted(free))
        apart = ((centres - centres[seed]) ** 2).sum(axis=1)
        bundle: list[int] = []
        for spot in np.argsort(apart, kind="stable").tolist():
            if spot in free and sum(acts[item] for item in bundle) < size:
                bundle.append(spot)
        free -= set(bundle)
        bundles.append(bundle)
    return bundles


def _left(problem: Problem, jobs: list[set[str]]) -> list[Job]:
    served = set().union(*jobs)
    left = {item.job for item in left_out(problem, served)}
    return [job for job in problem.jobs if job.id in left]


def _part(problem: Problem, jobs: set[str], vehicles: set[str], initial: tuple[Sequence, ...]) -> Problem:
    """The problem of some jobs and vehicles, with the locations that they need."""
    bound = {act.job: order.vehicle for order in problem.orders for act in order.acts}
    bound |= {lock.job: lock.vehicle for lock in problem.locks}
    jobs = {job for job in jobs if job not in bound or bound[job] in vehicles}
    work = tuple(job for job in problem.jobs if job.id in jobs)
    fleet = tuple(vehicle for vehicle in problem.vehicles if vehicle.id in vehicles)
    needed = {task.location for job in work for task in (job.pickup, job.delivery) if task}
    needed |= {place for vehicle in fleet for place in _places_of(vehicle)}
    keep = [spot for spot, place in enumerate(problem.locations) if place.id in needed]
    return replace(
        problem,
        locations=tuple(problem.locations[spot] for spot in keep),
        vehicles=fleet,
        jobs=tuple(replace(job, vehicles=_among(job.vehicles, vehicles)) for job in work),
        profiles=tuple(
            replace(
                profile,
                metres=profile.metres and part(profile.metres, keep),
                seconds=profile.seconds and part(profile.seconds, keep),
            )
            for profile in problem.profiles
        ),
        locks=tuple(lock for lock in problem.locks if lock.job in jobs),
        orders=tuple(
            replace(order, acts=tuple(act for act in order.acts if act.job in jobs))
            for order in problem.orders
            if order.vehicle in vehicles
        ),
        prefixes=tuple(prefix for prefix in problem.prefixes if prefix.vehicle in vehicles),
        initial=initial,
    )


def _places_of(vehicle: Vehicle) -> set[str]:
    ends = {place for place in (vehicle.start, vehicle.end) if place is not None}
    return ends | {task.location for task in vehicle.reloads}


def _among(names: tuple[str, ...] | None, known: set[str]) -> tuple[str, ...] | None:
    return None if names is None else tuple(name for name in names if name in known)
