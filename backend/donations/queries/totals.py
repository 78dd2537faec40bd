"""Sums over gifts, always from the lines."""

from dataclasses import dataclass

from django.db.models import F, Q, Sum

from backend.donations.models import DonationLine


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
