"""Write facts down, put committed ones in order, and move readers along."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from backend.journal.kinds import Kind
from backend.journal.models import Answer, Entry, Reader
from backend.kernel.db import joins_transaction
from backend.kernel.errors import Conflicts, Malformed
from backend.kernel.models import new_public_id

SEQUENCER_LOCK = 7_130_001
PLACED = "journal_placed"
PLACE = """
    WITH taken AS (
        DELETE FROM journal_unplaced WHERE entry_id IN (
            SELECT entry_id FROM journal_unplaced ORDER BY entry_id LIMIT %s
        ) RETURNING entry_id
    )
    INSERT INTO journal_sequence (entry_id) SELECT entry_id FROM taken ORDER BY entry_id
"""


@joins_transaction
def record(
    *,
    kind: Kind,
    subject: str,
    actor: str,
    at: datetime,
    charity: str = "",
    public: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
) -> Entry:
    """Joins the caller's transaction. Write one fact; `private` is salted and can be erased later."""
    return Entry.objects.create(**entry_values(kind, subject, actor, at, charity, public, private))


@joins_transaction
def record_all(*, facts: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Joins the caller's transaction. Write many facts (see entry_values) in one statement, in their order."""
    return Entry.objects.bulk_create(Entry(**fact) for fact in facts)


def entry_values(
    kind: Kind,
    subject: str,
    actor: str,
    at: datetime,
    charity: str = "",
    public: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The columns of one entry, for writers that insert many in one statement."""
    salt = secrets.token_bytes(16) if private else None
    return {
        "public_id": new_public_id("evt"),
        "kind": kind.value,
        "subject": subject,
        "charity": charity,
        "actor": actor,
        "happened_at": at,
        "recorded_at": at,
        "public": dict(public or {}),
        "private": dict(private) if private else None,
        "salt": salt,
        "private_digest": _digest(salt, private) if salt and private else None,
    }


def _digest(salt: bytes, private: Mapping[str, Any]) -> bytes:
    text = json.dumps(private, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(salt + text.encode()).digest()


def sequence(*, limit: int = 5_000) -> int:
    """Own transaction. Give committed entries their place in the order; return how many.

    One sequencer at a time (an advisory lock); a second one leaves at once. An entry waits in
    `Unplaced`, written in its own transaction: one that commits late has a lower id than its
    neighbours and still gets a later place, and a run costs what is new, not what there is.
    Listeners on `PLACED` are told after the commit.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(PLACE, [limit])
        placed = int(cursor.rowcount)
        if placed:
            cursor.execute(f"NOTIFY {PLACED}")
        return placed


@joins_transaction
def advance(*, reader: str, frm: int, to: int) -> bool:
    """Joins the caller's transaction. Move a reader on; False when another run of it was faster."""
    Reader.objects.get_or_create(name=reader)
    return bool(Reader.objects.filter(name=reader, seq=frm).update(seq=to))


class StillRunning(Conflicts):
    """The first request with this key is still being worked on: ask again in a moment."""

    code = "still_running"


class KeyReused(Malformed):
    """This key was used before with another request: take a new key."""

    code = "key_reused"


RUNS_AT_MOST = timedelta(seconds=60)
KEPT_FOR = timedelta(hours=24)


def first_answer(
    *, client: str, key: str, fingerprint: str, at: datetime
) -> tuple[int, dict[str, Any]] | None:
    """Own transaction. What was answered to this key before: (status, body); None: nothing, so go on.

    Who goes on calls `keep_answer` in the transaction of its fact, or `forget_answer` when nothing happened.
    Raises StillRunning, KeyReused.
    """
    values = {"fingerprint": fingerprint, "status": None, "body": None, "expires_at": at + RUNS_AT_MOST}
    row, fresh = Answer.objects.get_or_create(client=client, key=key, defaults=values)
    if fresh:
        return None
    if row.expires_at <= at:
        taken_over = Answer.objects.filter(pk=row.pk, expires_at=row.expires_at).update(**values)
        if taken_over:
            return None
        raise StillRunning
    if row.fingerprint != fingerprint:
        raise KeyReused
    if row.status is None:
        raise StillRunning
    return row.status, row.body or {}


@joins_transaction
def keep_answer(*, client: str, key: str, status: int, body: Mapping[str, Any], at: datetime) -> None:
    """Joins the caller's transaction. The answer that every repeat of this key gets for a day.

    Raises StillRunning when the run took too long and another has taken it over: roll back.
    """
    rows = Answer.objects.filter(client=client, key=key, status=None)
    if not rows.update(status=status, body=dict(body), expires_at=at + KEPT_FOR):
        raise StillRunning


def purge_answers(*, at: datetime, limit: int = 5_000) -> int:
    """Own transaction. Remove answers that are no longer kept; how many. A key may then be used anew."""
    old = Answer.objects.filter(expires_at__lt=at).order_by("expires_at").values("pk")[:limit]
    return Answer.objects.filter(pk__in=old).delete()[0]


def forget_answer(*, client: str, key: str) -> None:
    """Own transaction. Nothing happened: the key is as new."""
    Answer.objects.filter(client=client, key=key, status=None).delete()
