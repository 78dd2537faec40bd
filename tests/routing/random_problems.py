"""Small problems of every mix of rules, drawn by hypothesis, and the truth about them by trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from routing.plan import Appraiser, Broken, Facts
from routing.problem import (
    Act,
    Break,
    Grid,
    Group,
    Job,
    Location,
    Lock,
    Problem,
    Profile,
    Sequence,
    Task,
    Vehicle,
    Window,
    acts_of,
)

PLACES = ("a", "b", "c", "d")
DAY = 4_000
FULL = ("pair", "delivery", "delivery", "pickup")


@st.composite
def windows(draw: st.DrawFn, most: int = 2) -> tuple[Window, ...]:
    count = draw(st.integers(0, most))
    edges = sorted(draw(st.sets(st.integers(0, DAY), min_size=2 * count, max_size=2 * count)))
    return tuple(Window(edges[2 * spot], edges[2 * spot + 1]) for spot in range(count))


@st.composite
def tables(draw: st.DrawFn, metric: bool) -> Grid:
    """Plane distances, or any numbers at all: asymmetric, without the triangle inequality."""
    size = len(PLACES)
    if metric:
        spots = draw(
            st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=size, max_size=size)
        )
        points = np.array(spots, dtype=float)
        return Grid(np.ceil(np.hypot(*(points[:, None] - points).T)).astype(np.int32).T)
    cells = draw(st.lists(st.integers(0, 800), min_size=size * size, max_size=size * size))
    table = np.array(cells, dtype=np.int32).reshape(size, size)
    np.fill_diagonal(table, 0)
    return Grid(table)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    return Task(draw(st.sampled_from(PLACES)), draw(windows()), draw(st.integers(0, 200)))


@st.composite
def jobs(draw: st.DrawFn, name: str, kinds: tuple[str, ...], taken: bool) -> Job:
    kind = draw(st.sampled_from(kinds))
    optional = draw(st.booleans())
    return Job(
        id=name,
        amount=(draw(st.integers(0, 60)), draw(st.integers(0, 40))),
        pickup=draw(tasks()) if kind != "delivery" else None,
        delivery=draw(tasks()) if kind != "pickup" else None,
        tariff=draw(st.integers(0, 3_000)) if optional else None,
        priority=draw(st.integers(0, 3)),
        release=draw(st.sampled_from((0, 0, 500))),
        returns=draw(st.sampled_from(((), (30, 30)))) if taken and kind == "delivery" else (),
        skills=draw(st.sampled_from(((), (), ("cold",)))),
        classes=draw(st.sampled_from((None, None, ("van",)))),
        vehicles=draw(st.sampled_from((None, None, ("v0",)))),
    )


@st.composite
def vehicles(draw: st.DrawFn, name: str, rests: bool, trips: bool) -> Vehicle:
    start = draw(st.integers(0, 500))
    ends = st.sampled_from((*PLACES, None))
    home, end = draw(ends), draw(ends)
    yard = (Task(home),) if home else ()
    return Vehicle(
        id=name,
        start=home,
        end=end,
        capacity=(draw(st.integers(40, 150)), draw(st.integers(40, 150))),
        shift=Window(start, start + draw(st.integers(1_500, DAY))),
        profile=draw(st.sampled_from(("road", "track"))),
        fixed_price=draw(st.integers(0, 2_000)),
        km_price=draw(st.integers(0, 3_000)),
        hour_price=draw(st.sampled_from((0, 3_333))),
        max_metres=draw(st.none() | st.integers(500, 3_000)),
        max_seconds=draw(st.none() | st.integers(500, 3_000)),
        vehicle_class=draw(st.sampled_from(("van", "lorry"))),
        skills=draw(st.sampled_from(((), ("cold",)))),
        breaks=draw(_breaks()) if rests else (),
        reloads=draw(st.sampled_from(((), yard, yard, (draw(tasks()),)))) if trips else (),
        max_trips=draw(st.sampled_from((None, 1, 2))) if trips else None,
    )


@st.composite
def _breaks(draw: st.DrawFn) -> tuple[Break, ...]:
    if not draw(st.booleans()):
        return ()
    start = draw(st.integers(0, 2_000))
    return (Break(draw(st.integers(50, 300)), Window(start, start + draw(st.integers(0, 800)))),)


@st.composite
def problems(
    draw: st.DrawFn,
    most_jobs: int = 3,
    fewest_jobs: int = 1,
    most_vehicles: int = 2,
    kinds: tuple[str, ...] = ("pair", "pair", "delivery", "pickup"),
    rests: bool = True,
    locks: bool = True,
    trips: bool = False,
    choices: bool = False,
) -> Problem:
    """A problem; with at most three jobs there are few enough orders to try them all."""
    count = draw(st.integers(fewest_jobs, most_jobs))
    fleet = tuple(draw(vehicles(f"v{n}", rests, trips)) for n in range(draw(st.integers(1, most_vehicles))))
    work = tuple(draw(jobs(f"j{n}", kinds, trips)) for n in range(count))
    groups = draw(_groups(work)) if choices and count > 1 and draw(st.booleans()) else ()
    grouped = {job for group in groups for job in group.jobs}
    work = tuple(replace(job, tariff=None) if job.id in grouped else job for job in work)
    metric = draw(st.booleans())
    places = tuple(
        Location(
            place,
            classes=draw(st.sampled_from((None, None, None, ("van",)))),
            visit_seconds=draw(st.sampled_from((0, 60))),
        )
        for place in PLACES
    )
    problem = Problem(
        locations=places,
        vehicles=fleet,
        jobs=work,
        profiles=tuple(
            Profile(name, draw(tables(metric)), draw(tables(metric))) for name in ("road", "track")
        ),
        groups=groups,
        locks=(Lock("j0", "v0"),) if locks and draw(st.booleans()) and draw(st.booleans()) else (),
    )
    if choices and draw(st.booleans()):
        problem = replace(problem, orders=(Sequence("v0", draw(_some_order(work))),))
    return _with_prefix(problem) if locks and draw(st.integers(0, 4)) == 0 else problem


@st.composite
def full_loads(draw: st.DrawFn, **asked: Any) -> Problem:
    """A problem in which a load or two fill a vehicle, so that most must reload where they may."""
    problem = draw(problems(kinds=FULL, trips=True, **asked))
    fleet = tuple(
        replace(
            vehicle,
            capacity=(60, 60),
            shift=Window(0, 2 * DAY),
            max_metres=draw(st.none() | st.integers(1_000, 5_000)),
            max_seconds=None,
            reloads=vehicle.reloads or (Task(draw(st.sampled_from(PLACES)), (), 30),),
        )
        for vehicle in problem.vehicles
    )
    work = tuple(
        replace(
            job,
            amount=(draw(st.integers(20, 60)), draw(st.integers(0, 60))),
            skills=(),
            classes=None,
            vehicles=None,
            returns=(20, 0) if job.returns else (),
        )
        for job in problem.jobs
    )
    places = tuple(replace(place, classes=None) for place in problem.locations)
    return replace(problem, vehicles=fleet, jobs=work, locations=places, prefixes=())


def plain(problem: Problem) -> Problem:
    """The same with reloads as PyVRP knows them: at home, in no time; no pairs, one window each."""

    def open_once(task: Task | None) -> Task | None:
        return task and replace(task, windows=task.windows[:1])

    fleet = (replace(van, start=van.start or "a") for van in problem.vehicles)
    work = (
        replace(job, pickup=None if job.delivery else open_once(job.pickup), delivery=open_once(job.delivery))
        for job in problem.jobs
    )
    return replace(
        problem,
        vehicles=tuple(replace(van, reloads=(Task(van.start),)) for van in fleet if van.start),
        jobs=tuple(work),
        locations=tuple(replace(place, visit_seconds=0) for place in problem.locations),
    )


@st.composite
def _groups(draw: st.DrawFn, work: tuple[Job, ...]) -> tuple[Group, ...]:
    names = draw(st.lists(st.sampled_from([job.id for job in work]), min_size=1, max_size=3, unique=True))
    return (Group("g", tuple(names), draw(st.none() | st.integers(0, 3_000)), draw(st.integers(0, 2))),)


@st.composite
def _some_order(draw: st.DrawFn, work: tuple[Job, ...]) -> tuple[Act, ...]:
    """One end of each job, in any order."""
    return tuple(draw(st.permutations([draw(st.sampled_from(acts_of(job))) for job in work])))


def _with_prefix(problem: Problem) -> Problem:
    """The first job already begun, where a vehicle can do it alone."""
    appraiser = Appraiser(problem)
    ends = acts_of(problem.jobs[0])
    bound = {lock.vehicle for lock in problem.locks} | {order.vehicle for order in problem.orders}
    for vehicle in problem.vehicles:
        if bound - {vehicle.id}:
            continue
        if isinstance(appraiser.appraise(vehicle.id, ends), Facts):
            return replace(problem, prefixes=(Sequence(vehicle.id, ends[:1]),))
    return problem


def orders(chosen: tuple[Job, ...]) -> Iterator[tuple[Act, ...]]:
    """Every order of the acts of some jobs in which pickups precede their deliveries."""
    acts = [act for job in chosen for act in acts_of(job)]
    for order in itertools.permutations(acts):
        spots = {act: spot for spot, act in enumerate(order)}
        if all(
            spots[Act(job.id, "pickup")] < spots[Act(job.id, "delivery")]
            for job in chosen
            if job.pickup and job.delivery
        ):
            yield order


def with_reloads(order: tuple[Act, ...], vehicle: Vehicle) -> Iterator[tuple[Act, ...]]:
    """The order, and every way to reload between its acts, before and after: a detour may be shorter."""
    again = [(), *((Act("", "reload", task.location),) for task in vehicle.reloads)]
    for first, *gaps in itertools.product(again, repeat=len(order) + 1):
        acts = list(first)
        for act, gap in zip(order, gaps, strict=True):
            acts += [act, *gap]
        yield tuple(acts)


def dues(problem: Problem, left: set[str]) -> list[tuple[int | None, int]]:
    """(tariff, priority) of every job and group that is left out."""
    grouped = {job for group in problem.groups for job in group.jobs}
    lone = [(job.tariff, job.priority) for job in problem.jobs if job.id in left and job.id not in grouped]
    return lone + [(group.tariff, group.priority) for group in problem.groups if set(group.jobs) <= left]


def optimum(problem: Problem) -> tuple[int, int] | None:
    """(weight of mandatory jobs left out, fen) of the best plan, by trying every assignment and every order.

    None where not even the frozen prefixes can be driven.
    """
    appraiser = Appraiser(problem)
    best_of: dict[tuple[str, frozenset[str]], int | None] = {}

    def route(vehicle: str, chosen: tuple[Job, ...]) -> int | None:
        key = vehicle, frozenset(job.id for job in chosen)
        if key not in best_of:
            if not chosen and not appraiser.prefix(vehicle):
                best_of[key] = 0
            else:
                van = appraiser.vehicles[vehicle]
                ways = (way for order in orders(chosen) for way in with_reloads(order, van))
                found = [appraiser.appraise(vehicle, way) for way in ways]
                costs = [facts.cost for facts in found if not isinstance(facts, Broken)]
                best_of[key] = min(costs, default=None)
        return best_of[key]

    names = [vehicle.id for vehicle in problem.vehicles]
    best: tuple[int, int] | None = None
    for homes in itertools.product([*names, None], repeat=len(problem.jobs)):
        loads = {
            name: tuple(job for job, home in zip(problem.jobs, homes, strict=True) if home == name)
            for name in names
        }
        costs = [route(name, load) for name, load in loads.items()]
        left = {job.id for job, home in zip(problem.jobs, homes, strict=True) if home is None}
        if None in costs or any(len(set(group.jobs) - left) > 1 for group in problem.groups):
            continue
        prices = dues(problem, left)
        total = sum(cost for cost in costs if cost is not None) + sum(price or 0 for price, _ in prices)
        worth = sum(1 + priority for price, priority in prices if price is None), total
        best = worth if best is None or worth < best else best
    return best
