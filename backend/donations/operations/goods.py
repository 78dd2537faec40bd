"""The goods of a gift: claimed by supplier orders, given back, opened again."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import F

from backend.donations import statements
from backend.donations.models import FundedLine
from backend.donations.operations.facts import record_for_gifts
from backend.donations.rules import UnitState
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction
from backend.kernel.errors import Conflicts


class TooFewSourced(Conflicts):
    """Suppliers hold fewer units of this line than that."""

    code = "too_few_sourced"


@joins_transaction
def claim_goods(*, quantities: Mapping[int, int], at: datetime) -> dict[int, int]:
    """Joins the caller's transaction. Take units of funded lines (by id) for supplier orders.

    Of each line as much is won as is still due, at most what was asked; lines with nothing won are left
    out of the answer. Two callers never win the same unit.
    """
    ids = sorted(quantities)
    with connection.cursor() as cursor:
        cursor.execute(
            statements.CLAIM_GOODS,
            {"funded_ids": ids, "quantities": [quantities[pk] for pk in ids], "at": at},
        )
        return dict(cursor.fetchall())


@joins_transaction
def put_off_goods(*, funded_lines: Collection[int], until: datetime, at: datetime) -> int:
    """Joins the caller's transaction. Lines (by id) that are due at `at` are due at `until`; how many were."""
    rows = FundedLine.objects.filter(pk__in=funded_lines, state=UnitState.FUNDED.value, due_at__lte=at)
    return rows.update(due_at=until)


@joins_transaction
def release_goods(*, quantities: Mapping[int, int]) -> None:
    """Joins the caller's transaction. A supplier declined or did not answer: units are due again.

    Raises TooFewSourced when suppliers do not hold that many: what came short cannot be given back.
    """
    for pk in sorted(quantities):
        rows = FundedLine.objects.filter(pk=pk, sourced__gte=F("reopened") + quantities[pk])
        if not rows.update(sourced=F("sourced") - quantities[pk]):
            raise TooFewSourced(funded_line=pk)


@joins_transaction
def reopen_goods(*, funded_line: int, quantity: int, reason: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. Units came short or broken: they are due once more, as replacements.

    Raises TooFewSourced when more would be opened again than suppliers ever held.
    """
    rows = FundedLine.objects.filter(pk=funded_line, sourced__gte=F("reopened") + quantity)
    if not rows.update(reopened=F("reopened") + quantity, due_at=at):
        raise TooFewSourced(funded_line=funded_line)
    record_for_gifts(
        kind=Kind.GOODS_REOPENED,
        funded_lines=[funded_line],
        actor=actor,
        at=at,
        public={"quantity": quantity, "reason": reason},
    )
