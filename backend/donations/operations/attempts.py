"""Payments that failed: written down, and stopped where they look like somebody trying out cards."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from backend.donations.models import Attempt, Payment
from backend.donations.operations.facts import record_gift
from backend.donations.operations.reviewing import hold
from backend.donations.queries import failures, failures_of, gifts_of_payers
from backend.donations.rules import ReviewReason
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction


def payer_digest(mark: str) -> str:
    """Our own digest of a gateway's mark of a card: equal for equal cards, of no use to anybody else."""
    return hmac.new(settings.SECRET_KEY.encode(), mark.encode(), hashlib.sha256).hexdigest() if mark else ""


@joins_transaction
def note_failure(*, payment: Payment, payer: str, actor: str, at: datetime) -> bool:
    """Joins the caller's transaction. Write a failed payment down; True when no more are begun from now on."""
    client = _client(payment)
    Attempt.objects.create(payment=payment, client=client, payer=payer, at=at)
    by_client = failures(who=Q(client=client), at=at) if client else 0
    by_payer = failures(who=Q(payer=payer), at=at) if payer else 0
    if settings.CARD_MOST_FAILURES not in (by_client, by_payer):
        return max(by_client, by_payer) > settings.CARD_MOST_FAILURES
    most = max(by_client, by_payer)
    record_gift(
        Kind.PAYMENTS_STOPPED,
        payment.donation,
        actor=actor,
        at=at,
        failures=most,
        minutes=settings.CARD_MINUTES,
    )
    return True


@joins_transaction
def look_at_payers(*, paid: Sequence[tuple[Payment, str]], actor: str, at: datetime) -> None:
    """Joins the caller's transaction. Payments came through, each with its payer's digest ('' where unknown):
    hold the gifts where the card's or the visitor's past asks for it.
    """
    if not paid:
        return
    by_payer: dict[str, list[int]] = {}
    for payment, payer in paid:
        if payer:
            by_payer.setdefault(payer, []).append(payment.pk)
    for payer, payments in by_payer.items():
        Payment.objects.filter(pk__in=payments).update(payer=payer)
    clients = {payment.pk: _client(payment) for payment, _ in paid}
    failed = failures_of(clients=set(clients.values()) - {""}, payers=set(by_payer), at=at)
    gifts = gifts_of_payers(payers=set(by_payer), since=at - timedelta(hours=1))
    for payment, payer in paid:
        past = max(failed.get(clients[payment.pk], 0), failed.get(payer, 0))
        _hold(payment, past, gifts.get(payer, 0), actor, at)


def _client(payment: Payment) -> str:
    return payment.donation.checkout.client if payment.donation.checkout else ""


def _hold(payment: Payment, failed: int, gifts: int, actor: str, at: datetime) -> None:
    gift = payment.donation.public_id
    if failed >= settings.CARD_MOST_FAILURES:
        hold(donation=gift, reason=ReviewReason.CARD_TESTING, seen={"failures": failed}, actor=actor, at=at)
    elif gifts > settings.CARD_GIFTS_AN_HOUR:
        hold(donation=gift, reason=ReviewReason.CARD_PACE, seen={"gifts": gifts}, actor=actor, at=at)


def purge_attempts(*, at: datetime, limit: int = 5_000) -> int:
    """Own transaction. Failed payments are forgotten after a month; how many."""
    old = Attempt.objects.filter(at__lt=at - timedelta(days=30)).values("pk")[:limit]
    return Attempt.objects.filter(pk__in=old).delete()[0]
