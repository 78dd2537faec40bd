"""Facts about units are told to every gift behind them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from backend.donations.models import Donation
from backend.journal.kinds import Kind
from backend.journal.operations import entry_values, record_all
from backend.kernel.db import joins_transaction


def gift_fact(kind: Kind, gift: Donation, *, actor: str, at: datetime, **public: Any) -> dict[str, Any]:
    """The columns of one entry about a gift, for writers that insert many in one statement."""
    return _fact(kind, gift, actor, at, public)


def _fact(kind: Kind, gift: Donation, actor: str, at: datetime, public: Mapping[str, Any]) -> dict[str, Any]:
    charity = gift.charity.organisation.public_id
    return entry_values(kind, f"gift:{gift.public_id}", actor, at, charity, public)


@joins_transaction
def record_gift(kind: Kind, gift: Donation, *, actor: str, at: datetime, **public: Any) -> None:
    """Joins the caller's transaction. Write one fact about a gift."""
    record_all(facts=[gift_fact(kind, gift, actor=actor, at=at, **public)])


@joins_transaction
def record_for_gifts(
    *, kind: Kind, funded_lines: Collection[int], actor: str, at: datetime, public: Mapping[str, Any]
) -> None:
    """Joins the caller's transaction. One entry for each gift that pays for one of `funded_lines` (ids)."""
    gifts = Donation.objects.filter(lines__fundings__funded_line__in=funded_lines).distinct().order_by("pk")
    gifts = gifts.select_related("charity__organisation")
    record_all(facts=[_fact(kind, gift, actor, at, public) for gift in gifts])
