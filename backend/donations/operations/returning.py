"""Money on its way back: what is asked of the gateway, line by line."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import connection
from django.db.models import F

from backend.donations import statements
from backend.donations.models import Donation, Payment, Refund, RefundLine
from backend.donations.operations.facts import record_gift
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction

WHEN_WHOLE = datetime(9999, 1, 1, tzinfo=UTC)  # when a refund is due that still grows


@joins_transaction
def ask_refund(
    *, payment: Payment, amounts: Mapping[int, int], key: str, reason: str, actor: str, at: datetime
) -> Refund:
    """Joins the caller's transaction. Ask for the return of so much (fen) of each gift line (by id).

    The lines' money is no longer directed to needs; the gateway is called later, by `key`.
    """
    refund = Refund.objects.create(
        payment=payment, key=key, amount=sum(amounts.values()), reason=reason, asked_at=at, due_at=at
    )
    _take_from_lines(refund, amounts)
    _record_asked(refund, payment.donation, actor, at)
    return refund


def _take_from_lines(refund: Refund, amounts: Mapping[int, int]) -> None:
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, line_id=line, amount=amount) for line, amount in amounts.items()
    )
    ids = sorted(amounts)
    with connection.cursor() as cursor:
        cursor.execute(statements.TAKE_FROM_LINES, {"line_ids": ids, "amounts": [amounts[pk] for pk in ids]})


def _record_asked(refund: Refund, gift: Donation, actor: str, at: datetime) -> None:
    told = {"refund": refund.public_id, "amount": refund.amount, "reason": refund.reason}
    record_gift(Kind.REFUND_ASKED, gift, actor=actor, at=at, **told)


@joins_transaction
def begin_refund(
    *, payment: Payment, amounts: Mapping[int, int], key: str, reason: str, at: datetime
) -> Refund:
    """Joins the caller's transaction. The first part of a refund that grows until `end_refund`; never due before."""
    amount = sum(amounts.values())
    refund = Refund.objects.create(
        payment=payment, key=key, amount=amount, reason=reason, asked_at=at, due_at=WHEN_WHOLE
    )
    _take_from_lines(refund, amounts)
    return refund


@joins_transaction
def add_to_refund(*, refund: Refund, amounts: Mapping[int, int]) -> None:
    """Joins the caller's transaction. The next part of a refund that grows."""
    Refund.objects.filter(pk=refund.pk).update(amount=F("amount") + sum(amounts.values()))
    _take_from_lines(refund, amounts)


@joins_transaction
def end_refund(*, refund: Refund, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. It is whole: now the gateway may be called."""
    Refund.objects.filter(pk=refund.pk).update(due_at=at)
    gift = Donation.objects.select_related("charity__organisation").get(payments=refund.payment_id)
    _record_asked(refund, gift, actor, at)
