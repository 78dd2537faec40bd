"""What lies in a warehouse, as its keeper tells it: absolute levels with a version that only grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection

from backend.catalogue.models import Item
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.parties.models import Site


@dataclass(frozen=True)
class Level:
    """So many of an item lie there; `version` is the teller's own count of its reports."""

    item: Item
    on_hand: int
    version: int
    as_of: datetime


class Told(StrEnum):
    TAKEN = "taken"
    STALE = "stale"  # a newer version was told before


_UPSERT = """
INSERT INTO catalogue_stock AS s (warehouse_id, item_id, on_hand, reserved, version, as_of)
SELECT %s, item, on_hand, 0, version, as_of
FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::timestamptz[]) AS told (item, on_hand, version, as_of)
ORDER BY item
ON CONFLICT (warehouse_id, item_id)
DO UPDATE SET on_hand = excluded.on_hand, version = excluded.version, as_of = excluded.as_of
WHERE s.version < excluded.version
RETURNING s.item_id
"""


@own_transaction
def report_stock(*, warehouse: Site, levels: Sequence[Level], actor: str, at: datetime) -> list[Told]:
    """Own transaction. Take levels (one per item), each unless a newer version was told; answers in order.

    A level under what is reserved is taken too: it is a shortage, and is told to those it concerns.
    """
    columns = [[getattr(level, name) for level in levels] for name in ("on_hand", "version", "as_of")]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [warehouse.pk, [level.item.pk for level in levels], *columns])
        taken = {row[0] for row in cursor.fetchall()}
    if taken:
        record(
            kind=Kind.STOCK_REPORTED,
            subject=f"site:{warehouse.public_id}",
            actor=actor,
            at=at,
            public={"items": len(taken), "stale": len(levels) - len(taken)},
        )
    return [Told.TAKEN if level.item.pk in taken else Told.STALE for level in levels]
