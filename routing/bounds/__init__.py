"""How good any plan could possibly be: lower bounds on its cost, and prices that prove them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from ..problem import Problem
from .columns import Effort, Way, generate
from .radial import Bound, radial
from .whole import Want, anywhere, cheapest_goods

__all__ = ["Bound", "Want", "anywhere", "cheapest_goods", "lower", "radial"]

ENOUGH = 10_000  # rounds that no search needs


def lower(
    problem: Problem,
    *,
    seconds: float = 5.0,
    rounds: int | None = None,
    called_off: Callable[[], bool] = lambda: False,
) -> Bound:
    """The best bound within about `seconds`: the radial one first, then columns over relaxed routes.

    With `rounds` the column searches end after so many and the answer repeats exactly; `seconds` then only
    guard. `called_off` is asked between rounds and ends it early. `prices` are those of the best column search: what serving each job costs at least, as a share of
    the whole; empty where there was no time for one.
    """
    end = time.monotonic() + seconds
    best = radial(problem)
    proof = -math.inf
    ways = _ways(problem)
    for number, way in enumerate(ways):
        share = (end - time.monotonic()) / (len(ways) - number)
        if share <= 0 or called_off():
            break
        effort = Effort(share, rounds or ENOUGH, called_off)
        found = generate(problem, by=way, effort=effort)
        if found is None or not math.isfinite(found.value):
            continue
        fen = max(0, math.ceil(found.value - max(1e-2, 1e-7 * abs(found.value))))
        if best.fen is None or fen > best.fen:
            best = replace(best, fen=fen, method=f"columns by {way}")
        if found.value > proof:
            proof = found.value
            prices = zip(problem.jobs, found.prices, strict=True)
            best = replace(best, prices=tuple((job.id, round(float(price))) for job, price in prices))
    return best


def _ways(problem: Problem) -> list[Way]:
    """The relaxations that fit a problem, the most promising first."""
    tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
    pairs = any(job.pickup and job.delivery for job in problem.jobs)
    again = any(vehicle.reloads for vehicle in problem.vehicles)
    limited = any(vehicle.max_seconds is not None for vehicle in problem.vehicles)
    if pairs:
        return ["time", "trips"]
    by_goods: Way = "trips" if again else "load"
    return [by_goods, "time"] if limited or any(task.windows for task in tasks) else [by_goods]
