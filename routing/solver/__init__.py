"""One call from a problem to a checked plan.

Choose the engine, search in a process that can be killed, repair what it found, add the bound, check.
"""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import bounds, engine
from ..bounds import Bound
from ..checker import Violation, check
from ..distances import completed
from ..engine import Draft
from ..params import Params
from ..plan import Appraiser, JobPrice, Plan, Scales, Worth, build
from ..plan import to_json as plan_to_json
from ..problem import Problem, Sequence, from_json, to_json
from ..stop import MaxSeconds
from .child import EngineDied, SearchApart
from .repair import Repair, Routes

__all__ = ["BrokenPlan", "EngineDied", "Params", "Progress", "again", "kept", "solve", "solve_with"]


@dataclass(frozen=True, slots=True)
class Progress:
    """The best plan at some moment of a search: fen, seconds since the call, mandatory jobs left out.

    `lower_bound` is fen, and None until it is known.
    """

    cost: int
    seconds: float
    owed: int
    iterations: int
    lower_bound: int | None = None


BEGIN_SHARE = 0.3  # of the seconds, for routes with reloads to start from
NEVER = Worth(2**62, 0)
REPAIR_SHARE = 0.6  # of what is left after the search
LEAST_REPAIR = 0.05  # seconds, for first routes where the search found none in time
WIND_UP_SECONDS = 1.0  # for a search that was called off to put in what still fits
BOUND_PER_SECOND, LEGS_PER_SECOND = 6_000, 60e6  # jobs times kinds of vehicle, legs of tables; measured
ALWAYS_BOUND = 0.1  # seconds that a bound may always take
LONG_SECONDS, BOUND_SHARE = 60.0, 0.08  # from which a bound has its own share of the seconds, at most
OVERTIME = 0.03  # of the seconds, by which a bound that was begun in time may be late
BOUND_ROUNDS = 25  # of a run by counts, whose bound must repeat as well

OnProgress = Callable[[Progress], None]


class BrokenPlan(AssertionError):
    """The checker refused what we were about to return: a defect of ours, never of the input."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(map(str, violations[:5])))
        self.violations = violations


def solve(
    problem: Problem, *, seconds: float = 10.0, seed: int = 0, on_progress: OnProgress | None = None
) -> Plan:
    """A plan within `seconds` of wall clock (and one more for a search that must be killed).

    `on_progress` is called in this thread with every better plan. An exception that it raises ends the search
    and comes out here. Raises EngineDied where the search process crashed before it found anything.
    """
    return solve_with(problem, Params(seconds=seconds, seed=seed), on_progress=on_progress)


def solve_with(
    problem: Problem,
    params: Params,
    *,
    on_progress: OnProgress | None = None,
    called_off: Callable[[], bool] = lambda: False,
    begun: float | None = None,
    alone: bool = False,
) -> Plan:
    """`solve` with every parameter in hand.

    `called_off` is asked some times a second; once it says so, the best plan so far is finished and returned.
    `begun` is when the seconds began to count (time.monotonic). `alone` says that nothing else runs in this
    process, no other thread above all: then the search is forked from it, which saves starting anew.
    """
    begun = time.monotonic() if begun is None else begun
    clock = MaxSeconds(params.seconds - (time.monotonic() - begun))
    problem = completed(problem)
    choice = engine.choose(problem, params.engine)
    appraiser = Appraiser(problem)
    report = _Reporter(appraiser, begun, on_progress)
    draft, bound = _search(choice.name, appraiser, params, report, clock, called_off, alone)
    if called_off():
        clock.cut(WIND_UP_SECONDS)
    # A run by counts must repeat, so the clock may not cut its repair short.
    kept_back = 0.0 if bound or called_off() else _kept_for_bound(problem, params)
    left = (clock.left() - kept_back) * REPAIR_SHARE if params.iterations is None else params.seconds + 60
    routes = _finished(appraiser, Repair(appraiser, MaxSeconds(max(left, LEAST_REPAIR))), draft)
    plan = build(appraiser, _sequences(routes))
    plan = dataclasses.replace(
        _bounded(plan, bound or _bound(problem, params, clock)),
        engine=choice.name,
        engine_reason=choice.reason,
        seconds=round(time.monotonic() - begun, 3),
        iterations=draft.iterations,
        seed=params.seed,
        versions=(*engine.load(choice.name).versions(), f"python {platform.python_version()}"),
    )
    if violations := check(problem, plan):
        raise BrokenPlan(violations)
    return plan


def _finished(appraiser: Appraiser, repair: Repair, draft: Draft) -> Routes:
    """The draft, drivable and with what still fits; or first routes, where these leave less behind."""
    routes = repair.drivable(draft.sequences)
    served = {act.job for acts in routes.values() for act in acts}
    if len(served) == len(appraiser.jobs):
        return routes
    routes = repair.improve(routes)
    scales = Scales(appraiser)
    worth = scales.weigh(_sequences(routes)) or NEVER
    if worth.missing == 0 and draft.sequences:
        return routes
    first = repair.improve(repair.first())
    return first if (scales.weigh(_sequences(first)) or NEVER) < worth else routes


def _sequences(routes: Routes) -> tuple[Sequence, ...]:
    return tuple(Sequence(vehicle, acts) for vehicle, acts in routes.items())


def kept(problem: Problem, plan: Plan) -> dict[str, Any]:
    """Input, counts, seed, versions, plan and bound together as JSON values, to solve the same again."""
    return {
        "problem": to_json(completed(problem)),
        "engine": plan.engine,
        "seed": plan.seed,
        "iterations": plan.iterations,
        "versions": list(plan.versions),
        "plan": plan_to_json(plan),
    }


def again(kept_plan: dict[str, Any], *, seconds: float = 3600.0) -> Plan:
    """The kept problem solved to the same counts, in this process: the same plan where that was found by counts too.

    Raises Refused on nonsense.
    """
    params = Params(
        seconds=seconds,
        iterations=max(1, int(kept_plan["iterations"])),
        seed=int(kept_plan["seed"]),
        engine=str(kept_plan["engine"]),
        isolated=False,
    )
    return solve_with(from_json(kept_plan["problem"]), params)


def _search(
    name: str,
    appraiser: Appraiser,
    params: Params,
    report: _Reporter,
    clock: MaxSeconds,
    called_off: Callable[[], bool],
    alone: bool,
) -> tuple[Draft, Bound | None]:
    """The engine's last draft in time; and the bound, if somebody wanted to see it meanwhile."""
    problem = appraiser.problem
    if not problem.jobs or not problem.vehicles:
        return Draft((), 0, 0.0), None
    if name == "ortools" and not problem.initial and any(vehicle.reloads for vehicle in problem.vehicles):
        problem = _begun(appraiser, params)
    beside = params.isolated and (report.wanted or params.bound_seconds > 0)
    reserve = _reserve(problem, params, bounded=beside)
    inside = dataclasses.replace(params, seconds=max(0.05, clock.left() - reserve))
    if not params.isolated:
        return engine.load(name).search(problem, inside, report), None
    end = time.monotonic() + inside.seconds
    with SearchApart(name, problem, inside, end=end, forked=alone) as search:
        if not beside:
            return search.last_draft(None, end, called_off), None
        report.routes(Repair(appraiser, MaxSeconds(end - time.monotonic())).first(), 0)
        bound = _bound(problem, params, MaxSeconds(end - time.monotonic()), called_off)
        report.lower_bound = bound.fen
        return search.last_draft(report, end, called_off), bound


def _begun(appraiser: Appraiser, params: Params) -> Problem:
    """The problem with routes to start from: OR-Tools never finds by itself that a reload makes room."""
    repair = Repair(
        appraiser, MaxSeconds(params.seconds * (BEGIN_SHARE if params.iterations is None else 60))
    )
    routes = repair.improve(repair.first())
    initial = tuple(Sequence(vehicle, acts) for vehicle, acts in routes.items() if acts)
    return dataclasses.replace(appraiser.problem, initial=initial)


def _reserve(problem: Problem, params: Params, *, bounded: bool = False) -> float:
    """Seconds of the limit kept back for an engine that looks at its clock late, repair, bound and check.

    In a long search also what a bound takes, unless it is found beside the search (`bounded`).
    """
    kept_back = 0.1 + 0.005 * params.seconds + len(problem.jobs) / 6_000
    if not bounded:
        kept_back += _kept_for_bound(problem, params)
    return min(kept_back, params.seconds / 2)


def _kept_for_bound(problem: Problem, params: Params) -> float:
    """Seconds of a long search in which nothing but a bound is found."""
    bound = _bound_seconds(problem)
    return bound if params.seconds >= LONG_SECONDS and bound <= BOUND_SHARE * params.seconds else 0.0


def _bound(
    problem: Problem, params: Params, clock: MaxSeconds, called_off: Callable[[], bool] = lambda: False
) -> Bound:
    """The bound, where there is time for it: a search that was asked to be quick is not made to wait."""
    if params.iterations is not None:
        ample = params.seconds + 60
        if params.bound_seconds:
            return bounds.lower(problem, seconds=ample, rounds=BOUND_ROUNDS)
        return bounds.radial(problem, seconds=ample)
    if _bound_seconds(problem) > max(ALWAYS_BOUND, clock.left()):
        return Bound(None, "no time for a bound")
    seconds = min(params.bound_seconds, clock.left() / 2)
    if seconds > 0:
        return bounds.lower(problem, seconds=seconds, called_off=called_off)
    late = max(ALWAYS_BOUND, OVERTIME * params.seconds)
    return bounds.radial(problem, seconds=max(0.0, clock.left()) + late)


def _bound_seconds(problem: Problem) -> float:
    """What the radial bound takes: by jobs, pairs as five, times kinds of vehicles; by the legs that shortest ways
    look at, once from and once to where vehicles begin and end.
    """
    kinds = len({(vehicle.capacity, vehicle.start, vehicle.end) for vehicle in problem.vehicles})
    pairs = sum(job.pickup is not None and job.delivery is not None for job in problem.jobs)
    ends = {end for vehicle in problem.vehicles for end in (vehicle.start, vehicle.end)}
    legs = 4 * len(ends) * len(problem.locations) ** 2
    return (len(problem.jobs) + 4 * pairs) * kinds / BOUND_PER_SECOND + legs / LEGS_PER_SECOND


class _Reporter:
    """Turns the drafts of an engine into progress of plans that really can be driven."""

    def __init__(self, appraiser: Appraiser, begun: float, on_progress: OnProgress | None) -> None:
        self._scales, self._begun, self._on_progress = Scales(appraiser), begun, on_progress
        self._best: Worth | None = None
        self.lower_bound: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return self._on_progress is not None

    def __call__(self, draft: Draft) -> None:
        self.routes({item.vehicle: item.acts for item in draft.sequences}, draft.iterations)

    def routes(self, routes: Routes, iterations: int) -> None:
        """Progress where these routes are the best so far."""
        if self._on_progress is None:
            return
        worth = self._scales.weigh(_sequences(routes))
        if worth is not None and (self._best is None or worth < self._best):
            self._best = worth
            seconds = round(time.monotonic() - self._begun, 3)
            self._on_progress(Progress(worth.fen, seconds, worth.owed, iterations, self.lower_bound))


def _bounded(plan: Plan, bound: Bound) -> Plan:
    open_ = bound.fen is None or plan.owed or not plan.cost.total
    gap = None if open_ else round(1 - (bound.fen or 0) / plan.cost.total, 6)
    prices = tuple(JobPrice(job, price) for job, price in bound.prices)
    method = "" if bound.fen is None else bound.method
    return dataclasses.replace(plan, lower_bound=bound.fen, bound_method=method, gap=gap, job_prices=prices)
