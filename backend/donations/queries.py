"""What the other rooms and the doors ask about gifts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, Least

from backend.donations.models import DonationLine, FundedLine, Payment
from backend.donations.rules import Due, Gift, GiftStatus, UnitState
from backend.needs.rules import OpenNeed
from backend.parties.models import Membership

DUE = F("quantity") + F("reopened") - F("released") - F("held") - F("sourced")


@dataclass(frozen=True)
class DueLine:
    """Units of one funded line that no supplier holds yet. Prices in fen."""

    funded_line_id: int
    public_id: str
    charity_id: int
    need_line_id: int
    appeal_id: int
    recipient_id: int
    item_id: int
    currency: str
    quantity: int
    replacement_quantity: int
    unit_price: int
    ceiling_price: int
    due_at: datetime


def members(gifts: Sequence[Gift], needs: Iterable[OpenNeed], *, mode: str) -> set[tuple[int, int]]:
    """(charity, user) pairs that belong together, looked up only where a charity asks its members alone."""
    charities = {need.charity_id for need in needs if "directed" in (mode, need.mode)}
    users = {gift.donor.user_id for gift in gifts if gift.donor.user_id is not None}
    if not charities or not users:
        return set()
    rows = Membership.objects.filter(organisation__charity__in=charities, user__in=users)
    return set(rows.values_list("organisation__charity", "user_id"))


def dues(*, checkout_id: int | None = None, donation: str | None = None) -> tuple[Due, ...]:
    """What the donations of a checkout (or one donation, by public id) wait for, as they were written."""
    rows = Payment.objects.order_by("donation_id", "pk")
    if checkout_id is not None:
        rows = rows.filter(donation__checkout_id=checkout_id)
    if donation is not None:
        rows = rows.filter(donation__public_id=donation)
    return tuple(
        Due(*row[:-1], GiftStatus(row[-1]))
        for row in rows.values_list(
            "donation__public_id",
            "amount",
            "currency",
            "account__gateway",
            "account__merchant_no",
            "merchant_ref",
            "donation__expires_at",
            "donation__link_version",
            "donation__status",
        )
    )


def _due(at: datetime) -> "QuerySet[FundedLine]":
    rows = FundedLine.objects.filter(state=UnitState.FUNDED.value, due_at__lte=at)
    return rows.filter(need_line__stopped_at__isnull=True).alias(due=DUE).filter(due__gt=0)


def due_lines(
    *, at: datetime, limit: int = 1_000, charity_ids: Collection[int] | None = None
) -> list[DueLine]:
    """Lines that are due to suppliers at `at`, oldest first."""
    rows = _due(at)
    if charity_ids is not None:
        rows = rows.filter(charity_id__in=charity_ids)
    values = rows.order_by("due_at", "pk").values_list(
        "pk",
        "public_id",
        "charity_id",
        "need_line_id",
        "need_line__appeal_id",
        "need_line__recipient_id",
        "need_line__item_id",
        "need_line__appeal__currency",
        DUE,
        Least(F("reopened"), DUE),
        "unit_price",
        Greatest(F("need_line__ceiling_price"), F("unit_price")),
        "due_at",
    )
    return [DueLine(*row) for row in values[:limit]]


@dataclass(frozen=True)
class AppealTotals:
    """What gifts did for one appeal, in fen: given (paid), sent back, and the number of gifts."""

    gifts: int
    given_amount: int
    refunded_amount: int


def appeal_totals(*, appeal_id: int) -> AppealTotals:
    """Exact totals of an appeal's paid gifts, from the lines."""
    lines = DonationLine.objects.filter(need_line__appeal_id=appeal_id, donation__paid_at__isnull=False)
    sums = lines.aggregate(given=Sum("amount"), refunded=Sum("refunded"))
    gifts = lines.filter(~Q(refunded=F("amount"))).values("donation_id").distinct().count()
    return AppealTotals(gifts, sums["given"] or 0, sums["refunded"] or 0)
