"""What waits for a vehicle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min

from backend.parties.models import Site
from backend.shipments.models import Parcel, Shipment
from backend.shipments.rules import (
    Mode,
    ShipmentState,
)


def boxes_of(shipments: Collection[int]) -> dict[int, list[Parcel]]:
    boxes: dict[int, list[Parcel]] = {}
    for box in Parcel.objects.filter(shipment__in=shipments, voided_at=None).order_by("pk"):
        boxes.setdefault(box.shipment_id, []).append(box)
    return boxes


@dataclass(frozen=True)
class ReadyShipment:
    """A shipment that waits for a vehicle: where it lies, where it goes, how big and how urgent it is."""

    id: int
    public_id: str
    number: str
    state: ShipmentState
    order_id: int
    warehouse: Site
    recipient_id: int
    recipient_site: Site
    parcels: tuple[int, ...]
    grams: int
    cm3: int
    ready_at: datetime
    oldest_gift_at: datetime
    needed_on: date | None


def ready_shipments(
    *,
    county_code: str = "",
    states: Collection[ShipmentState] = (ShipmentState.READY,),
    shipments: Collection[int] | None = None,
) -> list[ReadyShipment]:
    """Shipments for our own vehicles in one of `states`, oldest gift first. Two queries.

    Those of one county of recipients, or only the given ids, where asked.
    """
    rows = Shipment.objects.filter(
        mode=Mode.OWN.value, state__in=[state.value for state in states], ready_at__isnull=False
    )
    if county_code:
        rows = rows.filter(order__recipient__site__county_code=county_code)
    if shipments is not None:
        rows = rows.filter(pk__in=shipments)
    funded = "parcels__items__lines__order_line__funded_line__"
    found = list(
        rows.select_related("order__warehouse", "order__recipient__site").annotate(
            oldest=Min(f"{funded}due_at"), needed=Min(f"{funded}need_line__appeal__needed_on")
        )
    )
    boxes = boxes_of([row.pk for row in found])
    ready = [_ready(row, boxes.get(row.pk, [])) for row in found]
    return sorted(ready, key=lambda row: (row.oldest_gift_at, row.id))


def _ready(row: Shipment, boxes: Sequence[Parcel]) -> ReadyShipment:
    ready_at = row.ready_at or row.packed_at
    return ReadyShipment(
        id=row.pk,
        public_id=row.public_id,
        number=row.number,
        state=ShipmentState(row.state),
        order_id=row.order_id,
        warehouse=row.order.warehouse,
        recipient_id=row.order.recipient_id,
        recipient_site=row.order.recipient.site,
        parcels=tuple(box.pk for box in boxes),
        grams=sum(box.grams for box in boxes),
        cm3=sum(box.cm3 for box in boxes),
        ready_at=ready_at,
        oldest_gift_at=getattr(row, "oldest", None) or ready_at,
        needed_on=getattr(row, "needed", None),
    )
