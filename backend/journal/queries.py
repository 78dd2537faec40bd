"""Read the journal by its order."""

from collections.abc import Sequence as Listing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from backend.journal.models import Entry, Reader, Sequence


@dataclass(frozen=True)
class Fact:
    """One entry as readers see it; `seq` is its place in the order (0: not yet placed)."""

    seq: int
    public_id: str
    kind: str
    subject: str
    charity: str
    actor: str
    happened_at: datetime
    public: dict[str, Any]
    private: dict[str, Any] | None


def _fact(entry: Entry, seq: int) -> Fact:
    return Fact(
        seq,
        entry.public_id,
        entry.kind,
        entry.subject,
        entry.charity,
        entry.actor,
        entry.happened_at,
        entry.public,
        entry.private,
    )


def position(*, reader: str) -> int:
    """Where `reader` stands: the last seq it has dealt with."""
    return Reader.objects.filter(name=reader).values_list("seq", flat=True).first() or 0


def head() -> int:
    """The last seq given so far."""
    return Sequence.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def after(*, seq: int, limit: int = 200, subjects: Listing[str] = ()) -> list[Fact]:
    """Facts placed after `seq`, in order; only those about `subjects` when given."""
    rows = Sequence.objects.filter(seq__gt=seq).select_related("entry").order_by("seq")
    if subjects:
        rows = rows.filter(entry__subject__in=subjects)
    return [_fact(row.entry, row.seq) for row in rows[:limit]]


def within(*, seq: int, limit: int, subjects: Listing[QuerySet[Any, Any]], kinds: Listing[str]) -> list[Fact]:
    """Facts of `kinds` placed after `seq`, in order, about what any of `subjects` (label queries) finds."""
    wanted = Q()
    for labels in subjects:
        wanted |= Q(entry__subject__in=labels)
    rows = Sequence.objects.filter(wanted, seq__gt=seq, entry__kind__in=kinds)
    return [_fact(row.entry, row.seq) for row in rows.select_related("entry").order_by("seq")[:limit]]


def about(*, subjects: Listing[str]) -> list[Fact]:
    """All facts about `subjects`, oldest first, placed or not."""
    return [
        _fact(entry, 0) for entry in Entry.objects.filter(subject__in=subjects).order_by("happened_at", "id")
    ]
