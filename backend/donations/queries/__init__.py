"""What the other rooms and the doors ask about gifts."""

from backend.donations.queries.attempts import (
    failed_payments,
    failing_streets,
    failures,
    failures_of,
    gifts_of_payers,
    stopped_clients,
)
from backend.donations.queries.due import DUE, DueLine, due_lines, waiting_since
from backend.donations.queries.gate import dues, members
from backend.donations.queries.gatherings import GatheringPage, gathering
from backend.donations.queries.gifts import (
    GiftItem,
    GiftPage,
    OpenQuestion,
    RefundSeen,
    UnitsSeen,
    count_gifts_of_user,
    gift,
    gift_by_token,
    gifts_by_tokens,
    gifts_of_user,
    gifts_together,
)
from backend.donations.queries.nearest import OtherNeed, nearest_needs
from backend.donations.queries.reconcile import Drift, reconcile
from backend.donations.queries.reviews import ReviewRow, is_held, open_reviews
from backend.donations.queries.sharing import Sharing, shared, sharing
from backend.donations.queries.totals import AppealTotals, appeal_totals

__all__ = [
    "DUE",
    "AppealTotals",
    "Drift",
    "DueLine",
    "GatheringPage",
    "GiftItem",
    "GiftPage",
    "OpenQuestion",
    "OtherNeed",
    "RefundSeen",
    "ReviewRow",
    "Sharing",
    "UnitsSeen",
    "appeal_totals",
    "count_gifts_of_user",
    "due_lines",
    "dues",
    "failed_payments",
    "failing_streets",
    "failures",
    "failures_of",
    "gathering",
    "gift",
    "gift_by_token",
    "gifts_by_tokens",
    "gifts_of_payers",
    "gifts_of_user",
    "gifts_together",
    "is_held",
    "members",
    "nearest_needs",
    "open_reviews",
    "reconcile",
    "shared",
    "sharing",
    "stopped_clients",
    "waiting_since",
]
