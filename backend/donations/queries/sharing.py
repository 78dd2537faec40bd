"""Which gift stands behind a shared page, and whether a gift may have one."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q

from backend.donations.models import Donation
from backend.donations.rules import GiftStatus
from backend.kernel.signing import is_code

# who gives among themselves does not publish it
CLOSED = "directed"


@dataclass(frozen=True)
class Sharing:
    """`code` leads to the shared page, empty while there is none; `may`: it can be shared now."""

    may: bool
    code: str


def may_be_shared() -> Q:
    """Condition on Donation: paid, and given where giving is public."""
    return Q(status=GiftStatus.PAID.value) & _public()


def _public() -> Q:
    return Q(pk__isnull=True) if settings.MODE == CLOSED else ~Q(charity__mode=CLOSED)


def sharing(*, donation: str) -> Sharing:
    """How a gift (public id) is shared. One query."""
    may = ExpressionWrapper(may_be_shared(), output_field=BooleanField())
    rows = Donation.objects.filter(public_id=donation).annotate(may=may)
    may_now, code = rows.values_list("may", "share__code").first() or (False, "")
    return Sharing(may_now, code or "")


def shared(*, code: str) -> str | None:
    """The gift (public id) whose shared page has this code. A code that is not ours asks no database."""
    if not is_code(code):
        return None
    told = Q(status__in=[GiftStatus.PAID.value, GiftStatus.REFUNDED.value]) & _public()
    return Donation.objects.filter(told, share__code=code).values_list("public_id", flat=True).first()
