"""Units given up: the need is free again and their money goes back to the gifts that paid for them."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from backend.donations.models import FundedLine, Funding, Payment
from backend.donations.operations.returning import ask_refund
from backend.donations.rules import PaymentStatus
from backend.kernel.db import joins_transaction
from backend.kernel.money import split
from backend.needs.operations.standing import free


@joins_transaction
def give_back_units(
    *, units: FundedLine, quantity: int, key: str, reason: str, actor: str, at: datetime
) -> None:
    """Joins the caller's transaction, which has locked the gifts and `units`. Units are given up: money back."""
    FundedLine.objects.filter(pk=units.pk).update(released=F("released") + quantity)
    free(quantities={units.need_line_id: quantity})
    amounts = take_money(units=units, amount=quantity * units.unit_price)
    refund_lines(amounts=amounts, key=key, reason=reason, actor=actor, at=at)


@joins_transaction
def take_money(*, units: FundedLine, amount: int) -> dict[int, int]:
    """Joins the caller's transaction. Take so much out of the fundings of `units`, in proportion.

    Returns the amount taken per gift line (by id).
    """
    rows = list(Funding.objects.filter(funded_line=units.pk).order_by("pk"))
    parts = split(amount, [row.amount - row.released for row in rows])
    taken: dict[int, int] = {}
    for row, part in zip(rows, parts, strict=True):
        if part:
            Funding.objects.filter(pk=row.pk).update(released=F("released") + part)
            taken[row.line_id] = taken.get(row.line_id, 0) + part
    return taken


@joins_transaction
def refund_lines(*, amounts: Mapping[int, int], key: str, reason: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. Ask one refund per payment for amounts of gift lines (by id)."""
    paid = Payment.objects.filter(donation__lines__in=list(amounts), status=PaymentStatus.PAID.value)
    payments = paid.distinct().select_related("donation__charity__organisation").order_by("pk")
    for payment in payments:
        own = set(payment.donation.lines.values_list("pk", flat=True))
        ask_refund(
            payment=payment,
            amounts={line: amount for line, amount in amounts.items() if line in own},
            key=f"{key}:{payment.merchant_ref}",
            reason=reason,
            actor=actor,
            at=at,
        )
