"""Money goes back: asked by an undo or an answer, paid by the gateway, then written into the books."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from backend.donations import statements
from backend.donations.models import Donation, Payment, Refund
from backend.donations.operations.books import Accounts
from backend.donations.operations.facts import gift_fact, record_gift
from backend.donations.operations.giving_up import TooLateToTakeBack, give_up_whole
from backend.donations.operations.placing import NoSuchGift
from backend.donations.payments import registry
from backend.donations.payments.port import GatewayDown, GatewayRefused
from backend.donations.rules import GIFT, REFUND, GiftStatus, RefundStatus
from backend.journal.kinds import Kind
from backend.journal.operations import record_all
from backend.kernel.db import claim
from backend.kernel.states import move
from backend.ledger.operations import Posting, post_many
from backend.ledger.rules import AccountKind, TransferKind

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


@transaction.atomic
def take_back(*, donation: str, actor: str, at: datetime) -> Donation:
    """Own transaction. The donor takes a paid gift back within its undo time: all needs free, all money back.

    Raises NoSuchGift, TooLateToTakeBack.
    """
    rows = Donation.objects.filter(public_id=donation).select_related("charity__organisation")
    gift = rows.select_for_update(of=("self",), no_key=True).first()
    if gift is None:
        raise NoSuchGift
    in_time = gift.order_after is not None and at < gift.order_after
    if gift.status != GiftStatus.PAID.value or not in_time:
        raise TooLateToTakeBack
    give_up_whole(gift=gift, key=f"undo:{gift.public_id}", reason="taken_back", actor=actor, at=at)
    record_gift(Kind.GIFT_TAKEN_BACK, gift, actor=actor, at=at, amount=gift.amount, currency=gift.currency)
    return gift


def pay_refunds(*, at: datetime, by: str, limit: int = 200, actor: str = "system:jobs") -> int:
    """Own transactions. Send back what was asked for; return how many refunds were paid.

    The gateway is called outside any transaction, by the refund's key: a worker that dies between the call
    and the commit leaves a lease that runs out, and the next call with the key changes nothing there. What the
    gateway accepted is booked in one batch.
    """
    waiting = [RefundStatus.ASKED.value, RefundStatus.FAILED.value]
    rows = Refund.objects.filter(status__in=waiting, due_at__lte=at)
    picked = claim(rows, by=by, at=at, lease=LEASE, limit=limit)
    payments = Payment.objects.select_related("account", "donation__charity__organisation").in_bulk(
        [refund.payment_id for refund in picked]
    )
    sent = [refund for refund in picked if _send(refund, payments[refund.payment_id], actor, at)]
    paid = _book(sent, payments, actor, at) if sent else 0
    mine = Refund.objects.filter(pk__in=[refund.pk for refund in picked], claimed_by=by)
    mine.update(claimed_by="", claimed_until=None)
    return paid


def _send(refund: Refund, payment: Payment, actor: str, at: datetime) -> bool:
    try:
        registry.gateway(payment.account.gateway).refund(
            merchant_no=payment.account.merchant_no,
            merchant_ref=payment.merchant_ref,
            key=refund.key,
            amount=refund.amount,
            at=at,
        )
    except (GatewayDown, GatewayRefused) as refusal:
        _fail(refund, payment, refusal.code, actor, at)
        return False
    return True


@transaction.atomic
def _book(sent: Sequence[Refund], payments: Mapping[int, Payment], actor: str, at: datetime) -> int:
    """Write what went back into the books, each refund once however often it is tried."""
    gifts = {payments[refund.payment_id].donation_id for refund in sent}
    list(Donation.objects.filter(pk__in=gifts).order_by("pk").select_for_update(no_key=True))
    rows = Refund.objects.filter(pk__in=[refund.pk for refund in sent])
    open_ones = rows.exclude(status=RefundStatus.PAID.value).order_by("pk").select_for_update(no_key=True)
    fresh = list(open_ones)
    move(
        Refund.objects.filter(pk__in=[r.pk for r in fresh]),
        REFUND,
        to=RefundStatus.PAID,
        paid_at=at,
        failure="",
    )
    whole = _mark_payments(fresh)
    paid = Donation.objects.filter(pk__in=whole, status=GiftStatus.PAID.value)
    move(paid, GIFT, to=GiftStatus.REFUNDED)
    facts = [_fact(Kind.REFUND_PAID, refund, payments[refund.payment_id], actor, at) for refund in fresh]
    entries = record_all(facts=facts)
    accounts = Accounts()
    postings = [
        Posting(
            accounts.of(payments[refund.payment_id], AccountKind.GIFTS),
            accounts.of(payments[refund.payment_id], AccountKind.GATEWAY),
            refund.amount,
            TransferKind.GIFT_REFUNDED,
            entry,
        )
        for refund, entry in zip(fresh, entries, strict=True)
    ]
    post_many(postings=postings, at=at)
    return len(fresh)


def _mark_payments(refunds: Sequence[Refund]) -> list[int]:
    """Add to what went back of each payment; the gifts that went back whole."""
    amounts: dict[int, int] = {}
    for refund in refunds:
        amounts[refund.payment_id] = amounts.get(refund.payment_id, 0) + refund.amount
    ids = sorted(amounts)
    with connection.cursor() as cursor:
        cursor.execute(statements.MARK_REFUNDED, {"payment_ids": ids, "amounts": [amounts[pk] for pk in ids]})
        return [row[0] for row in cursor.fetchall() if row[0] is not None]


@transaction.atomic
def _fail(refund: Refund, payment: Payment, code: str, actor: str, at: datetime) -> None:
    """Kept, told once, tried again later and later."""
    log.warning("refund %s failed: %s", refund.public_id, code)
    wait = min(FIRST_WAIT * 2**refund.tries, LONGEST_WAIT)
    rows = Refund.objects.filter(pk=refund.pk).exclude(status=RefundStatus.PAID.value)
    rows.update(status=RefundStatus.FAILED.value, failure=code, tries=F("tries") + 1, due_at=at + wait)
    if refund.tries == 0:
        record_all(facts=[_fact(Kind.REFUND_FAILED, refund, payment, actor, at)])


def _fact(kind: Kind, refund: Refund, payment: Payment, actor: str, at: datetime) -> dict[str, Any]:
    return gift_fact(
        kind,
        payment.donation,
        actor=actor,
        at=at,
        refund=refund.public_id,
        amount=refund.amount,
        reason=refund.reason,
    )
