"""Payments that failed: written down, and stopped where they look like somebody trying out cards."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from backend.donations.models import Attempt, Payment
from backend.donations.operations.reviewing import hold
from backend.donations.queries import failures
from backend.donations.rules import ReviewReason
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction


def payer_digest(mark: str) -> str:
    """Our own digest of a gateway's mark of a card: equal for equal cards, of no use to anybody else."""
    return hmac.new(settings.SECRET_KEY.encode(), mark.encode(), hashlib.sha256).hexdigest() if mark else ""


@joins_transaction
def note_failure(*, payment: Payment, payer: str, actor: str, at: datetime) -> bool:
    """Joins the caller's transaction. Write a failed payment down; True when no more are begun from now on."""
    checkout = payment.donation.checkout
    client = checkout.client if checkout else ""
    Attempt.objects.create(payment=payment, client=client, payer=payer, at=at)
    by_client = failures(who=Q(client=client), at=at) if client else 0
    by_payer = failures(who=Q(payer=payer), at=at) if payer else 0
    if settings.CARD_MOST_FAILURES not in (by_client, by_payer):
        return max(by_client, by_payer) > settings.CARD_MOST_FAILURES
    record(
        kind=Kind.PAYMENTS_STOPPED,
        subject=f"gift:{payment.donation.public_id}",
        actor=actor,
        at=at,
        charity=payment.donation.charity.organisation.public_id,
        public={"failures": max(by_client, by_payer), "minutes": settings.CARD_MINUTES},
    )
    return True


def look_at_payer(*, payment: Payment, payer: str, actor: str, at: datetime) -> None:
    """Own transaction. A payment came through: hold its gift where the card's or visitor's past asks for it."""
    if payer:
        Payment.objects.filter(pk=payment.pk).update(payer=payer)
    checkout = payment.donation.checkout
    who = Q(client=checkout.client) if checkout else Q(pk__in=[])
    past = failures(who=who | (Q(payer=payer) if payer else Q(pk__in=[])), at=at)
    recent = at - timedelta(hours=1)
    gifts = Payment.objects.filter(payer=payer, donation__paid_at__gte=recent).count() if payer else 0
    gift = payment.donation.public_id
    if past >= settings.CARD_MOST_FAILURES:
        hold(donation=gift, reason=ReviewReason.CARD_TESTING, seen={"failures": past}, actor=actor, at=at)
    elif gifts > settings.CARD_GIFTS_AN_HOUR:
        hold(donation=gift, reason=ReviewReason.CARD_PACE, seen={"gifts": gifts}, actor=actor, at=at)


def purge_attempts(*, at: datetime, limit: int = 5_000) -> int:
    """Own transaction. Failed payments are forgotten after a month; how many."""
    old = Attempt.objects.filter(at__lt=at - timedelta(days=30)).values("pk")[:limit]
    return Attempt.objects.filter(pk__in=old).delete()[0]
