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
from ..plan import Appraiser, Broken, Plan, build, left_out
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


NEVER = (2**62, 0)
WIND_UP_SECONDS = 1.0  # for a search that was called off to put in what still fits

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
) -> Plan:
    """`solve` with every parameter in hand.

    `called_off` is asked some times a second; once it says so, the best plan so far is finished and returned.
    """
    begun = time.monotonic()
    clock = MaxSeconds(params.seconds)
    problem = completed(problem)
    choice = engine.choose(problem, params.engine)
    appraiser = Appraiser(problem)
    # A run by counts must repeat, so the clock may not cut its repair short.
    repair = Repair(appraiser, clock if params.iterations is None else MaxSeconds(params.seconds + 60))
    report = _Reporter(appraiser, begun, on_progress)
    draft, first, bound = _search(choice.name, problem, params, report, clock, repair, called_off)
    if called_off():
        clock.cut(WIND_UP_SECONDS)
    routes = repair.improve(repair.drivable(draft.sequences))
    if (_worth(appraiser, first) or NEVER) < (_worth(appraiser, routes) or NEVER):
        routes = repair.improve(first)
    plan = build(appraiser, (Sequence(vehicle, acts) for vehicle, acts in routes.items()))
    plan = dataclasses.replace(
        _bounded(plan, bound),
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
    """The kept problem solved to the same counts, in this process. Raises Refused on nonsense."""
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
    problem: Problem,
    params: Params,
    report: _Reporter,
    clock: MaxSeconds,
    repair: Repair,
    called_off: Callable[[], bool],
) -> tuple[Draft, Routes, Bound]:
    """The engine's draft, first routes to fall back on, and the bound; the last two made while it searches."""
    idle = Draft((), 0, 0.0)
    if not problem.jobs or not problem.vehicles:
        return idle, repair.first(), bounds.radial(problem)
    inside = dataclasses.replace(params, seconds=max(0.05, clock.left() - _reserve(problem, params)))
    deadline = time.monotonic() + clock.left()
    if not params.isolated:
        draft = engine.load(name).search(problem, inside, report)
        return draft, repair.first(), bounds.radial(problem)
    with SearchApart(name, problem, inside) as search:
        first = repair.first()
        report.routes(first, 0)
        bound = bounds.radial(problem)
        report.lower_bound = bound.fen
        return search.last_draft(report, deadline, called_off), first, bound


def _reserve(problem: Problem, params: Params) -> float:
    """Seconds of the limit kept back for an engine that looks at its clock late, repair, bound and check."""
    wanted = 0.2 + 0.03 * params.seconds + len(problem.jobs) / 400
    return min(wanted, params.seconds / 2)


class _Reporter:
    """Turns the drafts of an engine into progress of plans that really can be driven."""

    def __init__(self, appraiser: Appraiser, begun: float, on_progress: OnProgress | None) -> None:
        self._appraiser, self._begun, self._on_progress = appraiser, begun, on_progress
        self._best: tuple[int, int] | None = None
        self.lower_bound: int | None = None

    def __call__(self, draft: Draft) -> None:
        self.routes({item.vehicle: item.acts for item in draft.sequences}, draft.iterations)

    def routes(self, routes: Routes, iterations: int) -> None:
        """Progress where these routes are the best so far."""
        if self._on_progress is None:
            return
        worth = _worth(self._appraiser, routes)
        if worth is not None and (self._best is None or worth < self._best):
            self._best = worth
            seconds = round(time.monotonic() - self._begun, 3)
            self._on_progress(Progress(worth[1], seconds, worth[0], iterations, self.lower_bound))


def _worth(appraiser: Appraiser, routes: Routes) -> tuple[int, int] | None:
    """Mandatory jobs left out, then fen; None where some route cannot be driven."""
    cost = 0
    for vehicle, acts in routes.items():
        facts = appraiser.appraise(vehicle, acts)
        if isinstance(facts, Broken):
            return None
        cost += facts.cost
    left = left_out(appraiser.problem, (act.job for acts in routes.values() for act in acts))
    return sum(item.tariff is None for item in left), cost + sum(item.tariff or 0 for item in left)


def _bounded(plan: Plan, bound: Bound) -> Plan:
    open_ = bound.fen is None or plan.owed or not plan.cost.total
    gap = None if open_ else round(1 - (bound.fen or 0) / plan.cost.total, 6)
    return dataclasses.replace(plan, lower_bound=bound.fen, gap=gap)
