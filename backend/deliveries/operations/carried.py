"""What arrives with which drop, and shipments that a common carrier takes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from backend.deliveries.models import Drop, DropParcel, Stop
from backend.deliveries.rules import DropState
from backend.journal.kinds import Kind
from backend.journal.operations import entry_values, record_all
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Conflicts
from backend.shipments import operations as shipments
from backend.shipments.models import Parcel, Shipment
from backend.shipments.rules import ShipmentState


class ParcelElsewhere(Conflicts):
    """Goods of this plan went another way meanwhile: make a new plan."""

    code = "parcel_elsewhere"


@own_transaction
def send_by_carrier(*, refs: Mapping[int, str], actor: str, at: datetime) -> list[Drop]:
    """Own transaction. A common carrier fetches shipments (ids) at the warehouse, each under its own number,
    and takes them to their recipients. All or none.

    Returns their drops in id order. Raises ParcelElsewhere when one is planned or on its way already.
    """
    shipments.lock_shipments(shipments=refs)
    rows = list(Shipment.objects.filter(pk__in=refs).select_related("order__recipient__site").order_by("pk"))
    free = (ShipmentState.READY.value, ShipmentState.ATTEMPTED.value)
    gone = [row.number for row in rows if row.state not in free]
    if gone:
        raise ParcelElsewhere(", ".join(gone), shipments=gone)
    drops = add_carried({row: refs[row.pk] for row in rows}, at=at)
    shipments.hand_to_carrier(refs=refs, actor=actor, at=at)
    record_expected(drops, actor=actor, at=at)
    return drops


@joins_transaction
def add_carried(refs: Mapping[Shipment, str], *, at: datetime) -> list[Drop]:
    """Joins the caller's transaction. A drop for each shipment under its carrier's number, with all its boxes."""
    drops = Drop.objects.bulk_create(
        Drop(recipient=row.order.recipient, site=row.order.recipient.site, carrier_ref=ref, created_at=at)
        for row, ref in refs.items()
    )
    of = {row.pk: drop for row, drop in zip(refs, drops, strict=True)}
    boxes = Parcel.objects.filter(shipment__in=of, voided_at=None).order_by("pk")
    put_in_drops((of[box.shipment_id], box, None) for box in boxes)
    return drops


@joins_transaction
def put_in_drops(rows: Iterable[tuple[Drop, Parcel, Stop | None]]) -> None:
    """Joins the caller's transaction. Each box arrives with its drop, from the stop that fetches it.

    Raises ParcelElsewhere for one that another drop holds: the constraint tells, not a look beforehand.
    """
    held = [DropParcel(drop=drop, parcel=parcel, pickup=pickup) for drop, parcel, pickup in rows]
    try:
        with transaction.atomic():
            DropParcel.objects.bulk_create(held)
    except IntegrityError as error:
        taken = DropParcel.objects.exclude(state=DropState.FAILED.value)
        taken = taken.filter(parcel__in=[row.parcel_id for row in held])
        numbers = sorted(set(taken.values_list("parcel__shipment__number", flat=True)))
        raise ParcelElsewhere(", ".join(numbers), shipments=numbers) from error


@joins_transaction
def record_expected(drops: Iterable[Drop], *, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. Drops are on their way to a day and hour: letters to recipients begin here."""
    facts = [
        entry_values(
            kind=Kind.DROP_EXPECTED,
            subject=f"drop:{drop.public_id}",
            actor=actor,
            at=at,
            public={
                "by": "carrier" if drop.stop_id is None else "route",
                "expected_from": drop.expected_from and drop.expected_from.isoformat(),
                "expected_to": drop.expected_to and drop.expected_to.isoformat(),
            },
        )
        for drop in drops
    ]
    record_all(facts=facts)
