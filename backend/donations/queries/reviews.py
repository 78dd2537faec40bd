"""Gifts that wait for a person to look at them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.donations.models import Review
from backend.donations.rules import GiftStatus, ReviewReason


@dataclass(frozen=True)
class ReviewRow:
    """One gift to look at: fen, when it was held and why. No name."""

    public_id: str
    gift: str
    amount: int
    currency: str
    reason: ReviewReason
    seen: dict[str, Any]
    opened_at: datetime
    paid_at: datetime | None


def open_reviews(*, limit: int = 100) -> list[ReviewRow]:
    """Paid gifts that are held, oldest first. One query."""
    rows = Review.objects.filter(decision__isnull=True, donation__status=GiftStatus.PAID.value)
    return [
        ReviewRow(
            row.public_id,
            row.donation.public_id,
            row.donation.amount,
            row.donation.currency,
            ReviewReason(row.reason),
            row.seen,
            row.opened_at,
            row.donation.paid_at,
        )
        for row in rows.select_related("donation").order_by("opened_at", "pk")[:limit]
    ]


def is_held(*, gift: str) -> bool:
    """Whether a person has to look at this gift (public id) before anything is ordered."""
    return Review.objects.filter(donation__public_id=gift, decision__isnull=True).exists()
