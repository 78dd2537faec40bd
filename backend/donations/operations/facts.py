"""Facts about units are told to every gift behind them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from backend.donations.models import Donation
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction


@joins_transaction
def record_for_gifts(
    *, kind: Kind, funded_lines: Collection[int], actor: str, at: datetime, public: Mapping[str, Any]
) -> None:
    """Joins the caller's transaction. One entry for each gift that pays for one of `funded_lines` (ids)."""
    gifts = Donation.objects.filter(lines__fundings__funded_line__in=funded_lines).distinct().order_by("pk")
    for subject, charity in gifts.values_list("public_id", "charity__organisation__public_id"):
        record(kind=kind, subject=f"gift:{subject}", actor=actor, at=at, charity=charity, public=public)
