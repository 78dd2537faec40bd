"""Gifts that a person looks at first: held, then released to the suppliers or sent back to the donor."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from backend.donations.models import Donation, FundedLine, Refund, Review
from backend.donations.operations.facts import record_gift
from backend.donations.operations.giving_up import (
    TooLateToTakeBack,
    give_up_whole,
    is_touched,
    lock_units,
)
from backend.donations.operations.returning import WHEN_WHOLE
from backend.donations.rules import GiftStatus, ReviewReason, UnitState
from backend.journal.kinds import Kind
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts, Missing


class NoSuchReview(Missing):
    """There is no such gift to look at."""

    code = "no_such_review"


class AlreadyDecided(Conflicts):
    """Somebody decided this one already, or the gift is not paid (any more)."""

    code = "already_decided"


@own_transaction
def hold(*, donation: str, reason: ReviewReason, seen: Mapping[str, Any], actor: str, at: datetime) -> bool:
    """Own transaction. Nothing is ordered for this gift (public id) before a person decides; once per gift.

    `seen` is what gave the reason, without names. False: it was held before, or is on its way to suppliers.
    """
    gift = (
        Donation.objects.select_related("charity__organisation")
        .select_for_update(of=("self",), no_key=True)
        .get(public_id=donation)
    )
    units = lock_units(gift)
    if Review.objects.filter(donation=gift).exists() or any(is_touched(line) for line in units):
        return False
    Review.objects.create(donation=gift, reason=reason.value, seen=dict(seen), opened_at=at)
    FundedLine.objects.filter(pk__in=[line.pk for line in units]).update(due_at=None)
    _record(Kind.GIFT_HELD, gift, actor, at, reason=reason.value, **seen)
    return True


@transaction.atomic
def release_held(*, review: str, actor: str, at: datetime) -> Donation:
    """Own transaction. A person looked and it is good: its goods are due. Raises NoSuchReview, AlreadyDecided."""
    gift = _decide(review, "release", at)
    due = max(gift.order_after or at, at)
    units = FundedLine.objects.filter(fundings__line__donation=gift, state=UnitState.FUNDED.value)
    FundedLine.objects.filter(pk__in=units.values("pk"), due_at__isnull=True).update(due_at=due)
    _record(Kind.GIFT_RELEASED, gift, actor, at)
    return gift


@transaction.atomic
def send_back_held(*, review: str, actor: str, at: datetime) -> Donation:
    """Own transaction. A person looked and it is not good: all money back, all needs free.

    Raises NoSuchReview, AlreadyDecided.
    """
    gift = _decide(review, "refund", at)
    try:
        give_up_whole(gift=gift, key=f"review:{gift.public_id}", reason="review", actor=actor, at=at)
    except TooLateToTakeBack as late:
        raise AlreadyDecided from late
    _record(Kind.GIFT_SENT_BACK, gift, actor, at)
    return gift


def _decide(review: str, decision: str, at: datetime) -> Donation:
    rows = Review.objects.filter(public_id=review)
    row = rows.first()
    if row is None:
        raise NoSuchReview
    gift = (
        Donation.objects.select_related("charity__organisation")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=row.donation_id)
    )
    goes_back = Refund.objects.filter(payment__donation=gift, due_at=WHEN_WHOLE)  # taken back, chunk by chunk
    if gift.status != GiftStatus.PAID.value or goes_back.exists():
        raise AlreadyDecided
    if not rows.filter(decision__isnull=True).update(decision=decision, decided_at=at):
        raise AlreadyDecided
    return gift


def _record(kind: Kind, gift: Donation, actor: str, at: datetime, **public: Any) -> None:
    record_gift(kind, gift, actor=actor, at=at, amount=gift.amount, currency=gift.currency, **public)
