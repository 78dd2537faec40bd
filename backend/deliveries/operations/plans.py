"""Ask for a plan, keep its run alive, write down what came of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from backend.deliveries.models import Plan
from backend.deliveries.rules import PLAN, PlanState
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.kernel.states import must_move
from backend.parties.models import Carrier

MAX_SECONDS = 240
PLAN_MOVED = "plan_moved"  # the channel on which pages hear of a plan


class BadDay(Malformed):
    """A plan is made for today or a day to come."""

    code = "bad_day"


@own_transaction
def ask_plan(
    *,
    carrier: Carrier,
    region: str,
    on: date,
    seconds: int,
    seed: int,
    actor: str,
    at: datetime,
    limit: int | None = None,
) -> Plan:
    """Own transaction. Ask for a plan of a county (`region`, six digits) and day for this carrier's vehicles.

    While one is asked for and not yet answered, asking again gives that one. `seconds` is the solver's time;
    `limit` ends it after so many iterations instead.
    Raises BadDay for a day gone by, Malformed for a wrong region or time.
    """
    if on < at.astimezone(ZoneInfo(settings.ZONE)).date():
        raise BadDay(pointer="/on")
    if len(region) != 6 or not region.isdigit():
        raise Malformed("a region is a county's six-digit code", pointer="/region")
    if not 1 <= seconds <= MAX_SECONDS:
        raise Malformed(f"between 1 and {MAX_SECONDS} seconds", pointer="/seconds")
    waiting = Plan.objects.filter(carrier=carrier, region=region, on=on, state=PlanState.ASKED.value)
    if plan := waiting.first():
        return plan
    plan = _numbered(
        carrier=carrier, region=region, on=on, seconds=seconds, seed=seed, limit=limit, asked_at=at
    )
    record(
        kind=Kind.PLAN_ASKED,
        subject=label(plan),
        actor=actor,
        at=at,
        public={"region": region, "on": f"{on}"},
    )
    return plan


def label(plan: Plan) -> str:
    """How the journal calls a plan."""
    return f"plan:{plan.public_id}"


def _numbered(**values: Any) -> Plan:
    """A plan with the next number of its day; somebody else may take a number in the same moment."""
    on, tries = values["on"], 20
    for step in range(tries):
        number = f"P-{on:%y%m%d}-{Plan.objects.filter(on=on).count() + 1 + step:02d}"
        waiting = {k: values[k] for k in ("carrier", "region", "on")} | {"state": PlanState.ASKED.value}
        try:
            with transaction.atomic():
                return Plan.objects.create(number=number, **values)
        except IntegrityError:
            if plan := Plan.objects.filter(**waiting).first():
                return plan
    raise RuntimeError(f"no free plan number for {on} in {tries} tries")


def renew(*, plan: Plan, by: str, progress: Mapping[str, Any], at: datetime, lease: timedelta) -> bool:
    """Own transaction. Keep the lease of a running plan and show how far it is; False when it was lost."""
    mine = Plan.objects.filter(pk=plan.pk, claimed_by=by, state=PlanState.ASKED.value)
    kept = bool(mine.update(progress=dict(progress), claimed_until=at + lease))
    if kept:
        _tell(plan)
    return kept


def _tell(plan: Plan) -> None:
    """Pages that show this plan look again, once the transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [PLAN_MOVED, plan.public_id])


@own_transaction
def draft(
    *,
    plan: Plan,
    by: str,
    problem: Mapping[str, Any],
    answer: Mapping[str, Any],
    bounds: Mapping[str, Any],
    versions: list[str],
    iterations: Mapping[str, int],
    actor: str,
    at: datetime,
) -> Plan:
    """Own transaction. The solver's answer becomes a draft for a person to look at.

    Raises WrongState when the plan was discarded meanwhile or another worker took it over.
    """
    must_move(
        Plan.objects.filter(pk=plan.pk, claimed_by=by),
        PLAN,
        to=PlanState.DRAFTED,
        field="state",
        problem=dict(problem),
        answer=dict(answer),
        bounds=dict(bounds),
        versions=versions,
        iterations=dict(iterations),
        drafted_at=at,
        claimed_by="",
        claimed_until=None,
    )
    record(kind=Kind.PLAN_DRAFTED, subject=label(plan), actor=actor, at=at, public=dict(bounds))
    _tell(plan)
    plan.refresh_from_db()
    return plan


@own_transaction
def fail(*, plan: Plan, by: str, error: str, actor: str, at: datetime) -> Plan:
    """Own transaction. No draft came of this plan; `error` says why in words for the dispatcher."""
    must_move(
        Plan.objects.filter(pk=plan.pk, claimed_by=by),
        PLAN,
        to=PlanState.FAILED,
        field="state",
        error=error[:400],
        claimed_by="",
        claimed_until=None,
    )
    record(kind=Kind.PLAN_FAILED, subject=label(plan), actor=actor, at=at, public={"error": error[:400]})
    _tell(plan)
    plan.refresh_from_db()
    return plan


@own_transaction
def retry_plan(*, plan: Plan, actor: str, at: datetime) -> Plan:
    """Own transaction. A failed plan is asked for again, as new. Raises WrongState otherwise."""
    again = {"error": "", "progress": {}, "tries": 0, "asked_at": at}
    must_move(Plan.objects.filter(pk=plan.pk), PLAN, to=PlanState.ASKED, field="state", **again)
    record(kind=Kind.PLAN_ASKED, subject=label(plan), actor=actor, at=at, public={"again": True})
    _tell(plan)
    plan.refresh_from_db()
    return plan


@own_transaction
def discard_plan(*, plan: Plan, actor: str, at: datetime) -> Plan:
    """Own transaction. Nobody will drive this plan; its shipments stay ready. Raises WrongState when released."""
    must_move(Plan.objects.filter(pk=plan.pk), PLAN, to=PlanState.DISCARDED, field="state")
    record(kind=Kind.PLAN_DISCARDED, subject=label(plan), actor=actor, at=at)
    _tell(plan)
    plan.refresh_from_db()
    return plan
