"""What the writer looks up beside its locked needs."""

from collections.abc import Iterable, Sequence

from backend.donations.models import Payment
from backend.donations.rules import Due, Gift, GiftStatus
from backend.needs.rules import OpenNeed
from backend.parties.models import Membership


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
