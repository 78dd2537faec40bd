"""Three books side by side after the storm: what donors were told, what we wrote, what the gateway wrote."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from backend.config.bench_orders.wishes import Need
from backend.config.proofs.givers import Known

PLENTY = timedelta(hours=1)  # every reservation is over by then


def settle_what_waits(*, at: datetime) -> int:
    """What time would do: leases of the dead run out, the gateway knocks again, unpaid gifts expire.

    Returns how much still waits for somebody to act on it.
    """
    from backend.donations.models import Payment, Refund
    from backend.donations.operations import expire_due
    from backend.donations.payments.sandbox.models import SandboxNotice
    from backend.donations.payments.sandbox.remote import RETRIES

    while expire_due(at=at + PLENTY):
        pass
    # a gateway gives up at some time: then the house has asked it, and the books below must agree all the same
    notices = SandboxNotice.objects.filter(delivered_at__isnull=True, tries__lt=len(RETRIES))
    refunds = Refund.objects.exclude(status="paid")
    for rows in (notices, refunds):
        rows.filter(due_at__gt=at).update(due_at=at)
        rows.filter(claimed_until__gt=at).update(claimed_until=at)
    return notices.count() + refunds.count() + Payment.objects.filter(status="created").count()


def wrong(known: Mapping[str, Known], needs: list[Need]) -> list[str]:
    """What does not agree, in words; nothing when all is sound."""
    from backend.donations.queries import reconcile

    found = [*_lost(known), *_doubled(known, needs), *_money(known)]
    drifts = [
        f"{drift.counter} of {drift.subject}: {drift.kept}, lines say {drift.summed}" for drift in reconcile()
    ]
    return found + drifts


def _lost(known: Mapping[str, Known]) -> list[str]:
    from backend.donations.models import Checkout

    kept = set(Checkout.objects.filter(key__in=list(known)).values_list("key", flat=True))
    lost = sorted(known.keys() - kept)
    return [f"{len(lost)} answered gifts are lost: {lost[:3]}"] if lost else []


def _doubled(known: Mapping[str, Known], needs: list[Need]) -> list[str]:
    from django.db.models import Count, F, Sum

    from backend.donations.models import Checkout, Donation, FundedLine
    from backend.needs.models import NeedLine

    found = []
    twice = [key for key, told in known.items() if len(told.pages) > 1]
    if twice:
        found.append(f"{len(twice)} keys led to more than one payment: {twice[:3]}")
    gifts = Checkout.objects.annotate(n=Count("donations")).exclude(n=1).count()
    if gifts or Donation.objects.filter(checkout__isnull=True).exists():
        found.append(f"{gifts} keys have no gift or more than one")
    held = NeedLine.objects.filter(pk__in=[need.id for need in needs]).aggregate(n=Sum("reserved"))["n"]
    lines = FundedLine.objects.exclude(state="void").aggregate(n=Sum(F("quantity") - F("released")))["n"]
    if (held or 0) != (lines or 0):
        found.append(f"{held} pieces reserved, lines hold {lines}")
    return found


def _money(known: Mapping[str, Known]) -> list[str]:
    """What the gateway took and sent back is what we wrote, payment by payment; who was told «paid» has paid."""
    from backend.donations.models import Payment
    from backend.donations.payments.sandbox.models import SandboxOrder

    theirs = {
        ref: (amount, refunded)
        for ref, amount, refunded in SandboxOrder.objects.filter(state="paid").values_list(
            "merchant_ref", "amount", "refunded"
        )
    }
    ours = {
        ref: (amount, refunded)
        for ref, amount, refunded in Payment.objects.filter(status="paid").values_list(
            "merchant_ref", "amount", "refunded"
        )
    }
    found = []
    differ = sorted(ref for ref in theirs.keys() | ours.keys() if theirs.get(ref) != ours.get(ref))
    if differ:
        ref = differ[0]
        found.append(
            f"{len(differ)} payments differ from the gateway's book: {ref} {ours.get(ref)}, {theirs.get(ref)}"
        )
    told = {_reference(page) for each in known.values() if each.paid for page in each.pages}
    missing = sorted(told - theirs.keys())
    if missing:
        found.append(f"{len(missing)} payments that the gateway confirmed are in no book: {missing[:3]}")
    return found


def _reference(page: str) -> str:
    """The merchant's reference in a pay page's address."""
    from backend.donations.payments.sandbox import remote

    asked = parse_qs(urlsplit(page).query)
    return remote.read_wish(order=asked["order"][0], signature=asked["sign"][0]).merchant_ref


def told(known: Mapping[str, Known]) -> dict[str, int]:
    """Sums for the account."""
    from django.db.models import Count

    from backend.donations.models import Donation, Refund
    from backend.donations.payments.sandbox.models import SandboxNotice

    states = dict(Donation.objects.values_list("status").annotate(n=Count("pk")).values_list("status", "n"))
    return {
        "answered": len(known),
        "told_paid": sum(each.paid for each in known.values()),
        **{f"gifts_{status}": n for status, n in sorted(states.items())},
        "refunds": Refund.objects.filter(status="paid").count(),
        "notices_delivered": SandboxNotice.objects.filter(delivered_at__isnull=False).count(),
        "notices_undelivered": SandboxNotice.objects.filter(delivered_at__isnull=True).count(),
    }
