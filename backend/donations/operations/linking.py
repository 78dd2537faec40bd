"""The link to a gift's page: ended when its holder asks for a new one."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from backend.donations.models import Donation
from backend.donations.operations.facts import record_gift
from backend.donations.operations.placing import NoSuchGift
from backend.donations.tokens import gift_token
from backend.journal.kinds import Kind


@transaction.atomic
def renew_link(*, donation: str, actor: str, at: datetime) -> str:
    """Own transaction. End every link made so far and return the new token. Raises NoSuchGift."""
    rows = Donation.objects.filter(public_id=donation)
    if not rows.update(link_version=F("link_version") + 1):
        raise NoSuchGift
    gift = rows.select_related("charity__organisation").get()
    record_gift(Kind.LINK_RENEWED, gift, actor=actor, at=at)
    return gift_token(donation=donation, link_version=gift.link_version)
