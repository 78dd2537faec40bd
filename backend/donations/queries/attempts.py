"""How often payments failed lately."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import CharField, Count, Func, Q, Value

from backend.donations.models import Attempt, Checkout, Payment


def failures(*, who: Q, at: datetime) -> int:
    """Failed payments of `who` (a condition on Attempt) within the last CARD_MINUTES."""
    return Attempt.objects.filter(who, at__gt=at - timedelta(minutes=settings.CARD_MINUTES)).count()


def failures_of(*, clients: Collection[str], payers: Collection[str], at: datetime) -> dict[str, int]:
    """Failed payments lately, by visitor and by payer's digest; those without any are left out. One query."""
    since = at - timedelta(minutes=settings.CARD_MINUTES)
    rows = Attempt.objects.filter(Q(client__in=clients) | Q(payer__in=payers), at__gt=since)
    counts: Counter[str] = Counter()
    for client, payer in rows.values_list("client", "payer"):
        counts.update({name for name in (client, payer) if name})
    return counts


def gifts_of_payers(*, payers: Collection[str], since: datetime) -> dict[str, int]:
    """Gifts paid by each payer (digest) since then. One query, none where no payer is known."""
    if not payers:
        return {}
    rows = Payment.objects.filter(payer__in=payers, donation__paid_at__gte=since).values("payer")
    return {payer or "": n for payer, n in rows.annotate(n=Count("pk")).values_list("payer", "n")}


def failed_payments(*, donation: str, at: datetime) -> int:
    """Failed payments lately of the visitor who made that gift (public id)."""
    clients = Checkout.objects.filter(donations__public_id=donation).values_list("client", flat=True)
    return failures(who=Q(client__in=list(clients)), at=at)


def stopped_clients(*, at: datetime) -> frozenset[str]:
    """Visitors whose payments failed at least CARD_MOST_FAILURES times lately. One query."""
    since = at - timedelta(minutes=settings.CARD_MINUTES)
    rows = Attempt.objects.filter(at__gt=since).exclude(client="").values("client").annotate(n=Count("pk"))
    return frozenset(rows.filter(n__gte=settings.CARD_MOST_FAILURES).values_list("client", flat=True))


def failing_streets(*, at: datetime) -> frozenset[str]:
    """What stands behind «~» in the labels of visitors (a door's mark of their address) where payments failed at
    least ADDRESS_MOST_FAILURES times lately, all visitors together. One query.
    """
    since = at - timedelta(minutes=settings.CARD_MINUTES)
    mark = Func("client", Value("~"), Value(2), function="split_part", output_field=CharField())
    rows = Attempt.objects.filter(at__gt=since).annotate(street=mark).exclude(street="").values("street")
    often = rows.annotate(n=Count("pk")).filter(n__gte=settings.ADDRESS_MOST_FAILURES)
    return frozenset(often.values_list("street", flat=True))
