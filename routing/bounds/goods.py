"""Networks under what is on board: by load, and by trips between two loadings."""

from __future__ import annotations

import numpy as np

from ..problem import Job, Problem
from .network import Ground, IntRow, Kind, Network, Stay, Ways, anchor, rounding, work


def by_load(problem: Problem, kind: Kind, numbers: dict[str, int], most_steps: int) -> Network:
    """The network of jobs with one end under what is on board."""
    ground = Ground(problem, kind.vehicle, shortest=False)
    places = _places(ground, kind.jobs)
    ways = ground.first(places), ground.last(places)
    network = _loaded(ground, kind, numbers, most_steps, ways)
    network.base_cost = kind.vehicle.fixed_price - rounding(kind.vehicle)
    return network


def by_trips(problem: Problem, kind: Kind, numbers: dict[str, int], most_steps: int) -> Network:
    """The network of deliveries between two loadings under what is on board."""
    ground = Ground(problem, kind.vehicle, shortest=True)
    places, vehicle = _places(ground, kind.jobs), kind.vehicle
    pairs = [job for job in kind.jobs if job.pickup and job.delivery]
    loads = {job.pickup.location for job in pairs if job.pickup} | {task.location for task in vehicle.reloads}
    sources = np.array(sorted(ground.index[place] for place in loads), dtype=np.int64)
    lone = len(pairs) < len(kind.jobs)
    comes = [table[sources][:, places].min(axis=0, initial=np.inf) for table in (ground.cost, ground.measure)]
    goes = [table[places][:, sources].min(axis=1, initial=np.inf) for table in (ground.cost, ground.measure)]
    goes = [np.minimum(*pair) for pair in zip(goes, ground.last(places), strict=True)]
    if lone:
        comes = [np.minimum(*pair) for pair in zip(comes, ground.first(places), strict=True)]
    network = _loaded(ground, kind, numbers, most_steps, ((comes[0], comes[1]), (goes[0], goes[1])))
    out = [0.0, 0.0] if lone else [float(way[sources].min()) for way in ground.from_start()]
    network.vehicle_cost = vehicle.fixed_price - rounding(vehicle) + out[0]
    if network.span is not None:
        network.span -= out[1]
    if not lone:
        stay = float(ground.visit[sources].min())
        apart = ~np.isin(places, sources)  # one stay may fetch and deliver
        network.first_cost += ground.hour * stay * apart
        network.first_seconds += ground.timed * stay * apart
    return network


def _places(ground: Ground, jobs: tuple[Job, ...]) -> IntRow:
    return np.array([ground.index[anchor(job)] for job in jobs], dtype=np.int64)


def _loaded(
    ground: Ground, kind: Kind, numbers: dict[str, int], most_steps: int, ways: tuple[Ways, Ways]
) -> Network:
    """A node per job; steps are its share of the room."""
    jobs, places = kind.jobs, _places(ground, kind.jobs)
    used, limit = _load_steps(kind, most_steps)
    visit = ground.visit[places]
    moved = places[:, None] != places[None, :]  # within one stay nothing is driven
    (first, first_seconds), (last, last_seconds) = ways
    return Network(
        kind=kind,
        limit=limit,
        stays=[
            [Stay(numbers[job.id], ground.hour * work(job), ground.timed * work(job), limit)] for job in jobs
        ],
        bit=[-1] * len(jobs),
        bits=0,
        cost=(ground.cost[np.ix_(places, places)] + ground.hour * visit[:, None]) * moved,
        steps=np.broadcast_to(used, (len(jobs), len(jobs))).astype(np.int64),
        first_cost=first.copy(),
        first_steps=used,
        last_cost=last + ground.hour * visit,
        last_steps=np.zeros(len(jobs), dtype=np.int64),
        open=np.ones((limit + 1, len(jobs)), dtype=bool),
        seconds=(ground.measure[np.ix_(places, places)] + ground.timed * visit[:, None]) * moved,
        first_seconds=first_seconds.copy(),
        last_seconds=last_seconds + ground.timed * visit,
        span=ground.span,
        base_cost=0.0,
    )


def _load_steps(kind: Kind, most_steps: int) -> tuple[IntRow, int]:
    """Steps that each job takes, and how many there are: rounded down and up, so that all that fits still does."""
    best: tuple[float, IntRow, int] | None = None
    for end in ("delivery", "pickup"):  # a pair is on board when it is delivered
        for number, room in enumerate(kind.vehicle.capacity):
            amounts = np.array(
                [job.amount[number] if _is_at(job, end) else 0 for job in kind.jobs], dtype=np.int64
            )
            total = int(amounts.sum())
            if total <= room:
                continue
            unit = max(1, int(np.gcd.reduce(amounts)))
            if room // unit <= most_steps:
                found = amounts // unit, room // unit
            else:
                found = amounts * most_steps // room, most_steps
            scarcity = total / max(room, 1)
            if best is None or scarcity > best[0]:
                best = scarcity, *found
    if best is None:  # everything fits: each job once
        return np.ones(len(kind.jobs), dtype=np.int64), len(kind.jobs)
    return best[1], best[2]


def _is_at(job: Job, end: str) -> bool:
    return (job.delivery is not None) == (end == "delivery")
