"""Small problems of every mix of rules, drawn by hypothesis, and the truth about them by trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from routing.plan import Appraiser, Broken, Facts
from routing.problem import (
    Act,
    Break,
    Grid,
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
def jobs(draw: st.DrawFn, name: str, kinds: tuple[str, ...]) -> Job:
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
        skills=draw(st.sampled_from(((), (), ("cold",)))),
        classes=draw(st.sampled_from((None, None, ("van",)))),
        vehicles=draw(st.sampled_from((None, None, ("v0",)))),
    )


@st.composite
def vehicles(draw: st.DrawFn, name: str, rests: bool) -> Vehicle:
    start = draw(st.integers(0, 500))
    ends = st.sampled_from((*PLACES, None))
    return Vehicle(
        id=name,
        start=draw(ends),
        end=draw(ends),
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
    most_vehicles: int = 2,
    kinds: tuple[str, ...] = ("pair", "pair", "delivery", "pickup"),
    rests: bool = True,
    locks: bool = True,
) -> Problem:
    """A problem with few enough orders to try them all."""
    count = draw(st.integers(1, most_jobs))
    fleet = tuple(draw(vehicles(f"v{n}", rests)) for n in range(draw(st.integers(1, most_vehicles))))
    work = tuple(draw(jobs(f"j{n}", kinds)) for n in range(count))
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
        locks=(Lock("j0", "v0"),) if locks and draw(st.booleans()) and draw(st.booleans()) else (),
    )
    return _with_prefix(problem) if locks and draw(st.integers(0, 4)) == 0 else problem


def _with_prefix(problem: Problem) -> Problem:
    """The first job already begun, where a vehicle can do it alone."""
    appraiser = Appraiser(problem)
    ends = acts_of(problem.jobs[0])
    for vehicle in problem.vehicles:
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
                found = [appraiser.appraise(vehicle, order) for order in orders(chosen)]
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
        left = [job for job, home in zip(problem.jobs, homes, strict=True) if home is None]
        if None in costs:
            continue
        total = sum(cost for cost in costs if cost is not None) + sum(job.tariff or 0 for job in left)
        worth = sum(1 + job.priority for job in left if job.tariff is None), total
        best = worth if best is None or worth < best else best
    return best
