"""How good any plan could possibly be: lower bounds on its cost, and prices that prove them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from ..problem import Problem
from .columns import Effort, Found, Way, generate, kinds_of
from .flow import by_flow
from .radial import Bound, radial
from .whole import Want, anywhere, cheapest_goods

__all__ = ["Bound", "Want", "anywhere", "cheapest_goods", "lower", "radial"]

ENOUGH = 10_000  # rounds that no search needs
LEAST_RADIAL = 5.0  # seconds that the radial bound may take in any case
METHODS: dict[Way, str] = {
    "flow": "flows",
    "load": "columns by load",
    "trips": "columns by trips",
    "time": "columns by time",
}


def lower(
    problem: Problem,
    *,
    seconds: float = 5.0,
    rounds: int | None = None,
    called_off: Callable[[], bool] = lambda: False,
) -> Bound:
    """The best bound within about `seconds`: the radial one first, then flows and columns over relaxed routes.

    With `rounds` the searches end after so many each and the answer repeats exactly; `seconds` then only
    guard. `called_off` is asked between rounds and ends it early. `prices` are those of the best search: what
    serving each job costs at least, as a share of the whole; empty where there was no time for one.
    """
    end = time.monotonic() + seconds
    best = radial(problem, seconds=max(LEAST_RADIAL, seconds))
    proof = -math.inf
    ways = _ways(problem)
    for number, way in enumerate(ways):
        share = (end - time.monotonic()) / (len(ways) - number)
        if share <= 0 or called_off():
            break
        effort = Effort(share, rounds or ENOUGH, called_off)
        found = search(problem, way, effort)
        if found is None or not math.isfinite(found.value):
            continue
        fen = max(0, math.ceil(found.value - max(1e-2, 1e-7 * abs(found.value))))
        if best.fen is None or fen > best.fen:
            best = replace(best, fen=fen, method=METHODS[way])
        if found.value > proof:
            proof = found.value
            prices = zip(problem.jobs, found.prices, strict=True)
            best = replace(best, prices=tuple((job.id, round(float(price))) for job, price in prices))
    return best


def search(problem: Problem, way: Way, effort: Effort) -> Found | None:
    """The bound of one relaxation; None where it does not fit, or there was no time."""
    if way == "flow":
        return by_flow(problem, kinds_of(problem), effort)
    return generate(problem, by=way, effort=effort)


def _ways(problem: Problem) -> list[Way]:
    """The relaxations that fit a problem, the quickest first."""
    tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
    pairs = any(job.pickup and job.delivery for job in problem.jobs)
    again = any(vehicle.reloads for vehicle in problem.vehicles)
    limited = any(vehicle.max_seconds is not None for vehicle in problem.vehicles)
    if pairs:
        return ["flow", "time", "trips"]
    by_goods: Way = "trips" if again else "load"
    return (
        ["flow", by_goods, "time"] if limited or any(task.windows for task in tasks) else ["flow", by_goods]
    )
