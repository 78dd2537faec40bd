"""A gift's page for everybody: opened by its donor, and taken back."""

from datetime import datetime

from django.db import transaction

from backend.donations.models import Donation, Share
from backend.donations.operations.facts import record_gift
from backend.donations.operations.placing import NoSuchGift
from backend.donations.queries.sharing import may_be_shared
from backend.journal.kinds import Kind
from backend.kernel.errors import Conflicts
from backend.kernel.signing import new_code


class NotShared(Conflicts):
    """This gift cannot be shared: it is not paid, or it was given among members."""

    code = "not_shared"


@transaction.atomic
def share(*, donation: str, actor: str, at: datetime) -> str:
    """Own transaction. The code of the gift's shared page, the same while it is shared. Raises NoSuchGift, NotShared."""
    gift = _locked(donation)
    found = Share.objects.filter(donation=gift).first()
    if found:
        return found.code
    if not Donation.objects.filter(may_be_shared(), pk=gift.pk).exists():
        raise NotShared
    code = Share.objects.create(donation=gift, code=new_code(), shared_at=at).code
    record_gift(Kind.GIFT_SHARED, gift, actor=actor, at=at)
    return code


@transaction.atomic
def end_share(*, donation: str, actor: str, at: datetime) -> None:
    """Own transaction. Nobody finds the shared page any more; once ended, nothing is to do. Raises NoSuchGift."""
    gift = _locked(donation)
    if Share.objects.filter(donation=gift).delete()[0]:
        record_gift(Kind.SHARE_ENDED, gift, actor=actor, at=at)


def _locked(donation: str) -> Donation:
    rows = Donation.objects.select_related("charity__organisation")
    gift = rows.select_for_update(of=("self",), no_key=True).filter(public_id=donation).first()
    if gift is None:
        raise NoSuchGift
    return gift
