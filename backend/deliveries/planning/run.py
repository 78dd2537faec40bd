"""Run one asked plan under a lease: progress every second, a draft or a clear reason at the end."""

import dataclasses
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from backend.deliveries.models import Plan
from backend.deliveries.operations import draft, fail, renew
from backend.deliveries.planning.build import problem_of
from backend.deliveries.planning.ready import Day, the_day
from backend.deliveries.planning.whole import whole_of
from backend.deliveries.rules import PLAN_TRIES, PlanState
from backend.kernel.db import claim
from backend.kernel.states import WrongState
from routing.bounds import radial
from routing.explain import lane_prices, stop_prices, unserved
from routing.plan import Plan as Answer
from routing.problem import Problem, to_json
from routing.solver import BrokenPlan, EngineDied, Params, Progress, solve_with

LEASE = timedelta(seconds=15)
BEAT_SECONDS = 1.0
REASON_SECONDS = 15.0
BOUND_SHARE = 0.25  # of the search, beside it
ACTOR = "system:jobs"
Clock = Callable[[], datetime]


class LeaseLost(RuntimeError):
    """Another worker took the plan over, or somebody discarded it."""


def run_next(*, by: str, clock: Clock) -> Plan | None:
    """Claim the oldest asked plan that nobody works on and run it to its end; None when there is none.

    A worker that dies leaves its lease behind: after 15 seconds another call of this takes the plan again, three
    times at most. A discarded plan is dropped in mid-search.
    """
    claimed = claim(Plan.objects.filter(state=PlanState.ASKED.value), by=by, at=clock(), lease=LEASE)
    if not claimed:
        return None
    plan = claimed[0]
    plan.tries += 1
    Plan.objects.filter(pk=plan.pk, claimed_by=by).update(tries=plan.tries)
    try:
        return _run(plan, by, clock)
    except (LeaseLost, WrongState):
        plan.refresh_from_db()
        return plan


def _run(plan: Plan, by: str, clock: Clock) -> Plan:
    if plan.tries > PLAN_TRIES:
        return fail(plan=plan, by=by, error="worker_died", actor=ACTOR, at=clock())
    day = the_day(carrier=plan.carrier, region=plan.region, on=plan.on)
    problem = problem_of(day, name=plan.number, at=clock())
    if reason := _hopeless(day, problem):
        return fail(plan=plan, by=by, error=reason, actor=ACTOR, at=clock())
    try:
        answer = _Search(plan, problem, by, clock).answer()
    except (EngineDied, BrokenPlan) as error:
        return fail(plan=plan, by=by, error=f"engine: {error}", actor=ACTOR, at=clock())
    return _keep(plan, by, day, problem, answer, clock())


def _hopeless(day: Day, problem: Problem) -> str:
    """Why no search is worth its time; empty when one is."""
    if not day.inside and not day.outside:
        return "nothing_ready"
    if not day.vehicles:
        return "no_vehicles"
    if not problem.vehicles:
        return "too_late"
    return ""


def _keep(plan: Plan, by: str, day: Day, problem: Problem, answer: Answer, at: datetime) -> Plan:
    kept = dataclasses.asdict(answer)
    kept["lanes"] = [[*lane, price] for lane, price in lane_prices(problem, answer).items()]
    kept["outside"] = [
        {"shipment": row.public_id, "tariff": row.tariff, "why": row.outside and row.outside.value}
        for row in day.outside
    ]
    return draft(
        plan=plan,
        by=by,
        problem=to_json(problem),
        answer=kept,
        bounds={
            "cost": answer.cost.total,
            "routes": answer.lower_bound,
            "gap": answer.gap,
            "by": answer.bound_method,
            "method": problem.profiles[0].method,
            **whole_of(day, problem, answer, at=at, repeats=plan.limit is not None),
        },
        versions=list(answer.versions),
        iterations={answer.engine or "none": answer.iterations},
        actor=ACTOR,
        at=at,
    )


def with_reasons(problem: Problem, plan: Answer, *, seconds: float = REASON_SECONDS) -> Answer:
    """The plan with a price for every stop and, while time is left, reasons for what it leaves out."""
    told = unserved(problem, plan, seconds=seconds)
    return dataclasses.replace(plan, unserved=told, stop_prices=stop_prices(problem, plan))


class _Search:
    """The solver in a thread of its own, and a heart that beats in ours: progress, lease, and the way out."""

    def __init__(self, plan: Plan, problem: Problem, by: str, clock: Clock) -> None:
        self.plan, self.problem, self.by, self.clock = plan, problem, by, clock
        self.progress: dict[str, Any] = {
            "incumbent": None,
            "owed": None,
            "iterations": 0,
            "bound": None,
            "stage": "search",
        }
        self.lost = threading.Event()
        self.result: Answer | None = None
        self.error: BaseException | None = None

    def answer(self) -> Answer:
        """The checked plan. Raises LeaseLost, and whatever the solver raises."""
        begun = time.monotonic()
        thread = threading.Thread(target=self._solve, name=f"solve-{self.plan.number}", daemon=True)
        thread.start()
        while thread.is_alive():
            self._beat(time.monotonic() - begun)
            thread.join(BEAT_SECONDS)
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise LeaseLost(self.plan.number)
        return self.result

    def _solve(self) -> None:
        try:
            self.progress["bound"] = radial(self.problem, seconds=2.0).fen
            plan = solve_with(self.problem, self._params(), on_progress=self._better)
            self.progress["stage"] = "reasons"
            self.result = with_reasons(self.problem, plan)
        except BaseException as error:
            self.error = error

    def _params(self) -> Params:
        """Counted iterations repeat exactly, and are few enough for our own process."""
        plan = self.plan
        return Params(
            seconds=plan.seconds,
            seed=plan.seed,
            iterations=plan.limit,
            isolated=plan.limit is None,
            bound_seconds=BOUND_SHARE * plan.seconds,
        )

    def _better(self, progress: Progress) -> None:
        if self.lost.is_set():
            raise LeaseLost(self.plan.number)
        self.progress |= {
            "incumbent": progress.cost,
            "owed": progress.owed,
            "iterations": progress.iterations,
        }

    def _beat(self, elapsed: float) -> None:
        shown = {**self.progress, "elapsed": round(elapsed, 1), "seconds": self.plan.seconds}
        if not renew(plan=self.plan, by=self.by, progress=shown, at=self.clock(), lease=LEASE):
            self.lost.set()
            raise LeaseLost(self.plan.number)
