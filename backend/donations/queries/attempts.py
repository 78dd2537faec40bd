"""How often payments failed lately."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q

from backend.donations.models import Attempt, Checkout


def failures(*, who: Q, at: datetime) -> int:
    """Failed payments of `who` (a condition on Attempt) within the last CARD_MINUTES."""
    return Attempt.objects.filter(who, at__gt=at - timedelta(minutes=settings.CARD_MINUTES)).count()


def failed_payments(*, donation: str, at: datetime) -> int:
    """Failed payments lately of the visitor who made that gift (public id)."""
    clients = Checkout.objects.filter(donations__public_id=donation).values_list("client", flat=True)
    return failures(who=Q(client__in=list(clients)), at=at)


def stopped_clients(*, at: datetime) -> frozenset[str]:
    """Visitors whose payments failed at least CARD_MOST_FAILURES times lately. One query."""
    since = at - timedelta(minutes=settings.CARD_MINUTES)
    rows = Attempt.objects.filter(at__gt=since).exclude(client="").values("client").annotate(n=Count("pk"))
    return frozenset(rows.filter(n__gte=settings.CARD_MOST_FAILURES).values_list("client", flat=True))
