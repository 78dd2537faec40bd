"""Tariffs and delivery areas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.catalogue.models import Lane
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.parties.models import Carrier, Site


@dataclass(frozen=True)
class NewLane:
    """To every division whose code begins with `to_division`: days, and a price in fen a stop and a kg; goods of one order at least."""

    to_division: str
    days_min: int
    days_max: int
    base_price: int = 0
    kg_price: int = 0
    minimum_amount: int = 0


@own_transaction
def open_lanes(
    *,
    new: Sequence[NewLane],
    actor: str,
    at: datetime,
    warehouse: Site | None = None,
    carrier: Carrier | None = None,
) -> list[Lane]:
    """Own transaction. Where a warehouse delivers, or what a carrier takes and for how much.

    Raises Malformed unless exactly one of `warehouse` and `carrier` is given.
    """
    if (warehouse is None) == (carrier is None):
        raise Malformed("a lane is a warehouse's or a carrier's")
    rows = Lane.objects.bulk_create(
        [
            Lane(
                warehouse=warehouse,
                carrier=carrier,
                to_division=lane.to_division,
                days_min=lane.days_min,
                days_max=lane.days_max,
                base_price=lane.base_price,
                kg_price=lane.kg_price,
                minimum_amount=lane.minimum_amount,
            )
            for lane in new
        ]
    )
    owner = warehouse.organisation if warehouse else carrier.organisation if carrier else None
    record(
        kind=Kind.LANES_OPENED,
        subject=f"organisation:{owner.public_id if owner else ''}",
        actor=actor,
        at=at,
        public={"to": [lane.to_division for lane in new]},
    )
    return rows
