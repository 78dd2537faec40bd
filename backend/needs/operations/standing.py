"""How a need stands: claimed again, freed, counted, stopped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Conflicts, Missing
from backend.kernel.states import must_move
from backend.needs import statements
from backend.needs.models import Appeal, NeedLine
from backend.needs.rules import APPEAL, AppealState


class NoSuchLine(Missing):
    """There is no such need."""

    code = "no_such_need"


class NoSuchAppeal(Missing):
    """There is no such appeal."""

    code = "no_such_appeal"


class AlreadySo(Conflicts):
    """The need is stopped already, or runs already."""

    code = "already_so"


def _columns(quantities: Mapping[int, int]) -> dict[str, Any]:
    ids = sorted(quantities)
    return {"need_ids": ids, "quantities": [quantities[pk] for pk in ids]}


@joins_transaction
def lock(*, need_ids: list[int]) -> None:
    """Joins the caller's transaction. Lock needs in id order, before several claims in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_BY_ID, {"need_ids": sorted(need_ids)})


@joins_transaction
def claim_open(*, quantities: Mapping[int, int], at: datetime) -> set[int]:
    """Joins the caller's transaction. Reserve so many of each need (by id) that is open and has room.

    Returns the needs that were claimed; the others are untouched.
    """
    lock(need_ids=list(quantities))
    with connection.cursor() as cursor:
        cursor.execute(statements.CLAIM_IF_OPEN, {**_columns(quantities), "at": at})
        return {row[0] for row in cursor.fetchall()}


@joins_transaction
def free(*, quantities: Mapping[int, int]) -> None:
    """Joins the caller's transaction. Give back what gifts had reserved of each need (by id)."""
    lock(need_ids=list(quantities))
    with connection.cursor() as cursor:
        cursor.execute(statements.FREE, _columns(quantities))


@joins_transaction
def mark_received(*, quantities: Mapping[int, int], actor: str, at: datetime) -> None:
    """Joins the caller's transaction. So many of each need (by id) were counted at the door."""
    lock(need_ids=list(quantities))
    with connection.cursor() as cursor:
        cursor.execute(statements.RECEIVE, _columns(quantities))
        rows = cursor.fetchall()
    for public_id, received, wanted, counted, charity in sorted(rows):
        record(
            kind=Kind.NEED_RECEIVED,
            subject=f"need:{public_id}",
            actor=actor,
            at=at,
            charity=charity,
            public={"counted": counted, "received": received, "wanted": wanted},
        )


@own_transaction
def stop_line(*, need_line: str, reason: str, actor: str, at: datetime) -> NeedLine:
    """Own transaction. The recipient says: enough. No gift is taken from now on; donations pulls the rest.

    Raises NoSuchLine, AlreadySo.
    """
    return _switch(need_line, Kind.NEED_STOPPED, actor, at, stopped_at=at, reason=reason)


@own_transaction
def resume(*, need_line: str, reason: str, actor: str, at: datetime) -> NeedLine:
    """Own transaction. A stopped need takes gifts again. Raises NoSuchLine, AlreadySo."""
    return _switch(need_line, Kind.NEED_RESUMED, actor, at, stopped_at=None, reason=reason)


@own_transaction
def close_appeal(*, appeal: str, reason: str, actor: str, at: datetime) -> Appeal:
    """Own transaction. An appeal (public id) ends: gifts that are on their way in come before it or not at all.

    Its needs are locked first, as a gift locks them, so that no gift is admitted by a look from before.
    Raises NoSuchAppeal, WrongState.
    """
    rows = Appeal.objects.filter(public_id=appeal)
    row = rows.select_related("charity__organisation").first()
    if row is None:
        raise NoSuchAppeal
    lock(need_ids=list(row.lines.values_list("pk", flat=True)))
    must_move(rows, APPEAL, to=AppealState.CLOSED, field="state")
    record(
        kind=Kind.APPEAL_CLOSED,
        subject=f"appeal:{appeal}",
        actor=actor,
        at=at,
        charity=row.charity.organisation.public_id,
        public={"reason": reason},
    )
    row.state = AppealState.CLOSED.value
    return row


def _switch(
    need_line: str, kind: Kind, actor: str, at: datetime, *, stopped_at: datetime | None, reason: str
) -> NeedLine:
    rows = NeedLine.objects.filter(public_id=need_line)
    if not rows.exists():
        raise NoSuchLine
    if not rows.filter(stopped_at__isnull=stopped_at is not None).update(stopped_at=stopped_at):
        raise AlreadySo
    row = rows.select_related("charity__organisation", "appeal").get()
    record(
        kind=kind,
        subject=f"need:{row.public_id}",
        actor=actor,
        at=at,
        charity=row.charity.organisation.public_id,
        public={"reason": reason, "appeal": row.appeal.public_id},
    )
    return row
