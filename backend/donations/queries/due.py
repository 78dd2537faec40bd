"""Units that are due to suppliers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Min, QuerySet
from django.db.models.functions import Greatest, Least

from backend.donations.models import FundedLine
from backend.donations.rules import UnitState

DUE = F("quantity") + F("reopened") - F("released") - F("held") - F("sourced")


@dataclass(frozen=True)
class DueLine:
    """Units of one funded line that no supplier holds yet. Prices in fen."""

    funded_line_id: int
    public_id: str
    charity_id: int
    need_line_id: int
    appeal_id: int
    recipient_id: int
    item_id: int
    currency: str
    quantity: int
    replacement_quantity: int
    unit_price: int
    ceiling_price: int
    due_at: datetime
    needed_on: date | None = None


def _due(at: datetime) -> "QuerySet[FundedLine]":
    rows = FundedLine.objects.filter(state=UnitState.FUNDED.value, due_at__lte=at)
    return rows.filter(need_line__stopped_at__isnull=True).alias(due=DUE).filter(due__gt=0)


def due_lines(
    *, at: datetime, limit: int = 1_000, charity_ids: Collection[int] | None = None
) -> list[DueLine]:
    """Lines that are due to suppliers at `at`, oldest first."""
    rows = _due(at)
    if charity_ids is not None:
        rows = rows.filter(charity_id__in=charity_ids)
    values = rows.order_by("due_at", "pk").values_list(
        "pk",
        "public_id",
        "charity_id",
        "need_line_id",
        "need_line__appeal_id",
        "need_line__recipient_id",
        "need_line__item_id",
        "need_line__appeal__currency",
        DUE,
        Least(F("reopened"), DUE),
        "unit_price",
        Greatest(F("need_line__ceiling_price"), F("unit_price")),
        "due_at",
        "need_line__appeal__needed_on",
    )
    return [DueLine(*row) for row in values[:limit]]


def waiting_since(*, funded_lines: Collection[int]) -> dict[int, datetime]:
    """When the first gift of each funded line (by id) became due, however often it was put off since."""
    rows = FundedLine.objects.filter(pk__in=funded_lines).values_list("pk")
    first = rows.annotate(first=Min("fundings__line__donation__order_after"))
    return {pk: moment for pk, moment in first if moment is not None}
