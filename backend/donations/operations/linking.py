"""The link to a gift's page: ended when its holder asks for a new one."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from backend.donations.models import Donation
from backend.donations.operations.placing import NoSuchGift
from backend.donations.tokens import gift_token
from backend.journal.kinds import Kind
from backend.journal.operations import record


@transaction.atomic
def renew_link(*, donation: str, actor: str, at: datetime) -> str:
    """Own transaction. End every link made so far and return the new token. Raises NoSuchGift."""
    rows = Donation.objects.filter(public_id=donation)
    if not rows.update(link_version=F("link_version") + 1):
        raise NoSuchGift
    gift = rows.select_related("charity__organisation").get()
    charity = gift.charity.organisation.public_id
    record(kind=Kind.LINK_RENEWED, subject=f"gift:{donation}", actor=actor, at=at, charity=charity)
    return gift_token(donation=donation, link_version=gift.link_version)
