"""The SQL by which many facts are recorded in one statement, for writers that join fragments of rooms."""

import json
from collections.abc import Sequence
from typing import Any

from backend.kernel.db import moments, numbers, texts

RECORD_MANY = """
INSERT INTO journal_entry
    (public_id, kind, subject, charity, actor, happened_at, recorded_at, public, private, salt, private_digest)
SELECT * FROM unnest(
    %(entry_public_id)s::text[], %(entry_kind)s::text[], %(entry_subject)s::text[], %(entry_charity)s::text[],
    %(entry_actor)s::text[], %(entry_happened_at)s::timestamptz[], %(entry_recorded_at)s::timestamptz[],
    %(entry_public)s::jsonb[], %(entry_private)s::jsonb[], %(entry_salt)s::bytea[],
    %(entry_private_digest)s::bytea[])
"""


def record_many(entries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Parameters of RECORD_MANY for entries made by operations.entry_values: whole columns as one text each."""
    columns = {name: [entry[name] for entry in entries] for name in entries[0]}
    happened, recorded = columns["happened_at"], columns["recorded_at"]
    told = {
        **{name: texts(columns[name]) for name in ("public_id", "kind", "subject", "charity", "actor")},
        "happened_at": (moment := moments(happened)),
        "recorded_at": moment if recorded == happened else moments(recorded),
        "public": texts([json.dumps(public) for public in columns["public"]]),
        "private": _or_null([None if v is None else json.dumps(v) for v in columns["private"]]),
        **{
            name: _or_null([v and f"\\x{v.hex()}" for v in columns[name]])
            for name in ("salt", "private_digest")
        },
    }
    return {f"entry_{name}": value for name, value in told.items()}


def _or_null(values: Sequence[str | None]) -> str:
    """Most entries have no private part: then the quick way."""
    if not any(values):
        return numbers([None] * len(values))
    return "{" + ",".join("NULL" if value is None else texts([value])[1:-1] for value in values) + "}"
