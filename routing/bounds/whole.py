"""A bound on the whole decision: what goods and ways cost at least, whoever supplies what.

The two parts are bounded apart and added. Goods: the cheapest offers within the stock, as an LP. Ways: the plan
without its pickups, one job per recipient, room for everything, tables of shortest ways: whatever warehouse
supplies a recipient, a vehicle goes there, or a carrier takes at least its largest consignment.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.glop import Program
from ..problem import Grid, Job, Problem, Profile, Task, Window
from .network import closure


@dataclass(frozen=True, slots=True)
class Want:
    """Units that somebody needs, and what each would cost by offer (fen)."""

    quantity: int
    prices: Mapping[str, int]


def cheapest_goods(wants: Sequence[Want], stock: Mapping[str, int], *, seconds: float = 5.0) -> int | None:
    """No choice of offers costs less; units by offer in `stock`, where it is known. None: there is not enough."""
    program = Program()
    drawn: dict[str, dict[int, float]] = defaultdict(dict)
    for want in wants:
        terms = {}
        for offer, price in want.prices.items():
            terms[variable := program.variable(float(price))] = 1.0
            drawn[offer][variable] = -1.0
        if not terms:
            return None
        program.equal(float(want.quantity), terms)
    for offer, used in drawn.items():
        if offer in stock:
            program.at_least(-float(stock[offer]), used)
    value = program.minimum(seconds) if wants else 0.0
    return None if value is None else max(0, math.ceil(value - max(1e-2, 1e-8 * abs(value))))


def anywhere(problem: Problem) -> Problem:
    """What is left of a problem with tables when any warehouse could supply anybody: no plan of it costs more.

    Every bound of the answer is one of the problem, for each choice of suppliers.
    """
    places: dict[str, list[Job]] = defaultdict(list)
    grouped = {job for group in problem.groups for job in group.jobs}  # of these one need be done, anywhere
    for job in problem.jobs:
        if job.id in grouped:
            continue
        task = job.delivery or job.pickup
        assert task is not None
        places[task.location].append(job)
    empty = tuple(0 for _ in problem.dimensions)
    return dataclasses.replace(
        problem,
        vehicles=tuple(
            dataclasses.replace(vehicle, breaks=(), reloads=(), max_trips=None)
            for vehicle in problem.vehicles
        ),
        jobs=tuple(_visit(place, jobs, empty) for place, jobs in places.items()),
        profiles=tuple(_shortest(profile) for profile in problem.profiles),
        locks=(),
        prefixes=(),
        initial=(),
        groups=(),
        orders=(),
    )


def _visit(place: str, jobs: list[Job], empty: tuple[int, ...]) -> Job:
    tasks = [task for job in jobs for task in (job.delivery or job.pickup,) if task]
    tariffs = [job.tariff for job in jobs]
    windows = [window for task in tasks for window in task.windows]
    free = any(not task.windows for task in tasks)
    return Job(
        place,
        empty,
        delivery=Task(
            place,
            () if free else _joined(windows),
            min(task.service_seconds for task in tasks),
        ),
        tariff=None if None in tariffs else max(tariff or 0 for tariff in tariffs),
        classes=_union([job.classes for job in jobs]),
        vehicles=_union([job.vehicles for job in jobs]),
    )


def _joined(windows: list[Window]) -> tuple[Window, ...]:
    """The windows in order, those that touch as one."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda window: window.start):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def _union(allowed: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    if any(names is None for names in allowed):
        return None
    return tuple(sorted({name for names in allowed for name in names or ()}))


def _shortest(profile: Profile) -> Profile:
    if profile.metres is None or profile.seconds is None:
        return profile
    grids = [
        Grid(np.ascontiguousarray(closure(grid.values.astype(np.float64)).astype(np.int32)))
        for grid in (profile.metres, profile.seconds)
    ]
    return dataclasses.replace(profile, metres=grids[0], seconds=grids[1])
