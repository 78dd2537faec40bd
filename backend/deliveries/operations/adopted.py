"""A supplier gave boxes to a carrier of its own choice: nobody planned it, and still they arrive somewhere."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from backend.deliveries.models import DropParcel
from backend.deliveries.operations.carried import ParcelElsewhere, add_carried, record_expected
from backend.deliveries.rules import DropState
from backend.kernel.db import own_transaction
from backend.shipments.models import Handover, Shipment
from backend.shipments.rules import ShipmentState, Step

MOST_AT_ONCE = 100


def adopt_handed_over(*, actor: str, at: datetime) -> int:
    """Own transactions, one a shipment. Every shipment on the road without a drop gets one; return how many.

    Suppliers may hand a ready shipment to a carrier themselves; the recipient counts it all the same. Running
    twice is harmless: a box is in one drop alone.
    """
    held = DropParcel.objects.exclude(state=DropState.FAILED.value).filter(
        parcel__shipment=OuterRef("pk"), parcel__voided_at=None
    )
    lost = Shipment.objects.filter(~Exists(held), state=ShipmentState.IN_TRANSIT.value).order_by("pk")
    adopted = 0
    for shipment in lost.select_related("order__recipient__site")[:MOST_AT_ONCE]:
        try:
            _adopt(shipment, actor=actor, at=at)
        except ParcelElsewhere:
            continue  # another run, or a plan, was faster
        adopted += 1
    return adopted


@own_transaction
def _adopt(shipment: Shipment, *, actor: str, at: datetime) -> None:
    drops = add_carried({shipment: _reference(shipment)}, at=at)
    record_expected(drops, actor=actor, at=at)


def _reference(shipment: Shipment) -> str:
    """The carrier's number where one is known, else whom the supplier named, else our own number."""
    handed = Handover.objects.filter(parcel__shipment=shipment, step=Step.PICKUP.value).order_by("-pk")
    to = handed.values_list("to_label", flat=True).first() or ""
    return (shipment.carrier_ref or to.removeprefix("carrier:") or shipment.number)[:80]
