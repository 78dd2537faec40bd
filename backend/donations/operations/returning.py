"""Money on its way back: what is asked of the gateway, line by line."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.db.models import F

from backend.donations import statements
from backend.donations.models import Donation, DonationLine, Funding, Payment, Refund, RefundLine
from backend.donations.operations.facts import record_gift
from backend.donations.rules import GIFT, GiftStatus
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction
from backend.kernel.states import must_move


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
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, line_id=line, amount=amount) for line, amount in amounts.items()
    )
    ids = sorted(amounts)
    with connection.cursor() as cursor:
        cursor.execute(statements.TAKE_FROM_LINES, {"line_ids": ids, "amounts": [amounts[pk] for pk in ids]})
    record_gift(
        Kind.REFUND_ASKED,
        payment.donation,
        actor=actor,
        at=at,
        refund=refund.public_id,
        amount=refund.amount,
        reason=reason,
    )
    return refund


@joins_transaction
def return_late(*, payment: Payment, actor: str, at: datetime) -> Refund:
    """Joins the caller's transaction. A gift was paid after it had expired and there is no room: all goes back."""
    must_move(Donation.objects.filter(pk=payment.donation_id), GIFT, to=GiftStatus.RETURNED, paid_at=at)
    lines = DonationLine.objects.filter(donation=payment.donation_id)
    Funding.objects.filter(line__in=lines).update(released=F("amount"))
    return ask_refund(
        payment=payment,
        amounts=dict(lines.values_list("pk", "amount")),
        key=f"late:{payment.donation.public_id}",
        reason="paid_late",
        actor=actor,
        at=at,
    )
