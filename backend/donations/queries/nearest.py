"""The nearest other needs that a gift's money may go to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from backend.needs.models import NeedLine
from backend.needs.rules import AppealState, straight_km

MOST = 20


@dataclass(frozen=True)
class OtherNeed:
    """An open need for the same item, `km` away as the crow flies. Price in fen."""

    need_line_id: int
    public_id: str
    recipient_names: dict[str, str]
    left: int
    unit_price: int
    km: float


def nearest_needs(*, need_line_id: int, most_price: int, at: datetime) -> list[OtherNeed]:
    """Open needs of the same charity for the same item at no more than `most_price`, nearest first."""
    here = NeedLine.objects.select_related("recipient__site", "appeal").get(pk=need_line_id)
    rows = NeedLine.objects.filter(
        item=here.item_id,
        charity=here.charity_id,
        unit_price__lte=most_price,
        stopped_at__isnull=True,
        reserved__lt=F("wanted"),
        appeal__state=AppealState.LIVE.value,
        appeal__starts_at__lte=at,
        appeal__ends_at__gt=at,
        appeal__currency=here.appeal.currency,
    ).exclude(pk=here.pk)
    site = here.recipient.site
    found = [
        OtherNeed(
            row.pk,
            row.public_id,
            row.recipient.organisation.names,
            row.wanted - row.reserved,
            row.unit_price,
            straight_km(site.lon, site.lat, row.recipient.site.lon, row.recipient.site.lat),
        )
        for row in rows.select_related("recipient__site", "recipient__organisation")
    ]
    return sorted(found, key=lambda other: (other.km, other.need_line_id))[:MOST]
