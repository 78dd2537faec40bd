"""The SQL by which many facts of one kind are recorded in one statement, for writers that join fragments of rooms."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from backend.journal.kinds import Kind
from backend.kernel.db import listed, texts
from backend.kernel.models import new_public_id

RECORD_MANY = """
INSERT INTO journal_entry (public_id, kind, subject, charity, actor, happened_at, recorded_at, public)
SELECT e.public_id, %(entry_kind)s, e.subject, e.charity, e.actor, e.happened_at, e.happened_at, e.public
FROM ROWS FROM (
    unnest(%(entry_public_id)s::text[], %(entry_subject)s::text[], %(entry_charity)s::text[],
           %(entry_actor)s::text[], %(entry_happened_at)s::timestamptz[]),
    jsonb_array_elements(%(entry_public)s::jsonb)
) AS e (public_id, subject, charity, actor, happened_at, public)
"""


def record_many(
    kind: Kind,
    *,
    subjects: Sequence[str],
    actors: Sequence[str],
    charities: Sequence[str],
    happened: str,
    public: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    """Parameters of RECORD_MANY for facts without a private part; `happened` is the text of an array of moments."""
    return {
        "entry_public_id": listed([new_public_id("evt") for _ in subjects]),
        "entry_kind": kind.value,
        "entry_subject": texts(subjects),
        "entry_charity": texts(charities),
        "entry_actor": texts(actors),
        "entry_happened_at": happened,
        "entry_public": to_json(public).decode(),
    }
