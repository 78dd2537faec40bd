"""How a large gift comes along, for its donor alone."""

from dataclasses import dataclass
from datetime import datetime

from backend.donations.models import Donation, Gathering
from backend.donations.rules import GatheringStatus


@dataclass(frozen=True)
class GatheringPage:
    """Lines and fen: wished and claimed so far. `gifts` are there once it is whole, one per charity."""

    public_id: str
    status: GatheringStatus
    reason: str
    wished_lines: int
    wished_amount: int
    gathered_lines: int
    gathered_amount: int
    started_at: datetime
    ended_at: datetime | None
    gifts: tuple[str, ...]


def gathering(*, public_id: str) -> GatheringPage | None:
    """The large gift with that public id; the caller has checked who asks. Two queries."""
    row = Gathering.objects.filter(public_id=public_id).first()
    if row is None:
        return None
    gifts: tuple[str, ...] = ()
    if row.status == GatheringStatus.GATHERED.value:
        rows = Donation.objects.filter(checkout=row.checkout_id).order_by("pk")
        gifts = tuple(rows.values_list("public_id", flat=True))
    return GatheringPage(
        row.public_id,
        GatheringStatus(row.status),
        row.reason,
        row.wished_lines,
        row.wished_amount,
        row.gathered_lines,
        row.gathered_amount,
        row.started_at,
        row.ended_at,
        gifts,
    )
