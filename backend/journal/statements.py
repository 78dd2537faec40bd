"""The SQL by which many facts are recorded in one statement, for writers that join fragments of rooms."""

import json
from collections.abc import Sequence
from typing import Any

RECORD_MANY = """
INSERT INTO journal_entry
    (public_id, kind, subject, charity, actor, happened_at, recorded_at, public, private, salt, private_digest)
SELECT * FROM unnest(
    %(entry_public_id)s::text[], %(entry_kind)s::text[], %(entry_subject)s::text[], %(entry_charity)s::text[],
    %(entry_actor)s::text[], %(entry_happened_at)s::timestamptz[], %(entry_recorded_at)s::timestamptz[],
    %(entry_public)s::jsonb[], %(entry_private)s::jsonb[], %(entry_salt)s::bytea[],
    %(entry_private_digest)s::bytea[])
"""


def record_many(entries: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Parameters of RECORD_MANY for entries made by operations.entry_values."""
    columns: dict[str, list[Any]] = {
        f"entry_{name}": [entry[name] for entry in entries] for name in entries[0]
    }
    for name in ("entry_public", "entry_private"):
        columns[name] = [None if value is None else json.dumps(value) for value in columns[name]]
    return columns
