"""A receiver's count can come before the courier's report: phones are late, goods are not."""

from datetime import datetime

from django.db.models import Q

from backend.deliveries.models import Drop, DropParcel, Route
from backend.deliveries.operations.drops import COUNTED, deliver_by_carrier, hand_over_drop
from backend.deliveries.rules import DropState, StopState
from backend.kernel.db import joins_transaction
from backend.shipments import operations as shipments
from backend.shipments.rules import Step


@joins_transaction
def locked_drop(*, drop: str) -> Drop | None:
    """Joins the caller's transaction. The drop (public id), locked after its route, as the courier's acts do."""
    found = Drop.objects.filter(public_id=drop).values_list("stop__route", flat=True).first()
    if found is not None:
        Route.objects.select_for_update().get(pk=found)
    return Drop.objects.select_for_update(of=("self",)).filter(public_id=drop).first()


@joins_transaction
def deliver_by_count(*, drop: Drop, client_uuid: str, actor: str, at: datetime) -> Drop:
    """Joins the caller's transaction. The receiver counted what nobody has reported as handed over.

    What was counted was loaded before it was delivered; the pickup stays open for its other boxes. The
    courier's own report, when it comes, changes nothing. Raises WrongState when the drop is over.
    """
    mark = f"{COUNTED}{client_uuid}"[:64]
    if drop.carrier_ref is not None:
        return deliver_by_carrier(drop=drop, client_uuid=mark, actor=actor, at=at)
    _load_what_was_counted(drop, mark, actor=actor, at=at)
    return hand_over_drop(drop=drop, client_uuid=mark, waived="", actor=actor, at=at)


def _load_what_was_counted(drop: Drop, mark: str, *, actor: str, at: datetime) -> None:
    not_loaded = Q(pickup__isnull=False) & ~Q(pickup__state=StopState.DONE.value)
    rows = DropParcel.objects.filter(not_loaded, drop=drop, state=DropState.EXPECTED.value)
    by_pickup: dict[int, list[DropParcel]] = {}
    for row in rows.select_related("parcel", "pickup__site__organisation", "pickup__route").order_by("pk"):
        by_pickup.setdefault(row.pickup_id or 0, []).append(row)
    for held in by_pickup.values():
        pickup = held[0].pickup
        assert pickup is not None
        shipments.hand_over(
            parcels=[row.parcel.code for row in held],
            step=Step.PICKUP,
            from_label=f"org:{pickup.site.organisation.public_id}",
            to_label=f"route:{pickup.route.public_id}",
            site=pickup.site_id,
            client_uuid=f"{mark[:62]}:p",
            actor=actor,
            at=at,
        )
