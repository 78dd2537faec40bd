"""Boxes change hands, and shipments move on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from backend.journal.kinds import Kind
from backend.journal.operations import entry_values, record_all
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Malformed, Missing
from backend.kernel.states import WrongState, move
from backend.shipments.models import Handover, Parcel, Shipment
from backend.shipments.rules import SHIPMENT, Mode, ShipmentState, Step
from backend.supplier_orders.operations import lock_orders, touch_orders


class NoSuchParcel(Missing):
    """No box has this code, or it was repacked: read the code once more."""

    code = "no_such_parcel"


class NoParcels(Malformed):
    """Name at least one box."""

    code = "no_parcels"


@dataclass(frozen=True)
class Hands:
    """Who gives and who takes (labels without a name), and the mark that makes a repeat harmless."""

    frm: str
    to: str
    client_uuid: str


MAY_CHANGE_HANDS = {
    Step.PICKUP: (
        ShipmentState.READY,
        ShipmentState.PLANNED,
        ShipmentState.IN_TRANSIT,
        ShipmentState.ATTEMPTED,
    ),
    Step.DELIVERY: (ShipmentState.IN_TRANSIT, ShipmentState.ATTEMPTED, ShipmentState.DELIVERED),
}


@own_transaction
def hand_over(
    *,
    parcels: Sequence[str],
    step: Step,
    from_label: str,
    to_label: str,
    client_uuid: str,
    actor: str,
    at: datetime,
    site: int | None = None,
    shipment: str | None = None,
    organisation_id: int | None = None,
) -> list[Handover]:
    """Own transaction. Boxes (codes) change hands at a site; who is who is a label without a name.

    Without `site` it is the warehouse. Only boxes of one shipment or supplier where these are named.

    The first box picked up puts its shipment on the road; it is delivered when all its boxes are.
    A repeat (same client_uuid, or the same step to the same hands) changes nothing. Whether the receiver's
    code was right is for the caller, who knows the drop. Returns the handovers of all the boxes.
    Raises NoParcels, NoSuchParcel, WrongState.
    """
    hands = Hands(from_label, to_label, client_uuid)
    boxes = _locked_boxes(parcels, shipment, organisation_id)
    return _change_hands(dict.fromkeys(boxes, hands), step, site=site, actor=actor, at=at)


def _change_hands(
    hands: Mapping[Parcel, Hands], step: Step, *, actor: str, at: datetime, site: int | None = None
) -> list[Handover]:
    """The handovers of all boxes (locked, of any shipments), those written now or before."""
    last = _last_handovers(hands)
    fresh = [box for box, who in hands.items() if not _is_repeat(last.get(box.pk), step, who)]
    stuck = [box.code for box in fresh if box.shipment.state not in MAY_CHANGE_HANDS[step]]
    if stuck:
        raise WrongState(f"boxes cannot change hands now: {', '.join(stuck)}", parcels=stuck)
    for row in Handover.objects.bulk_create(
        Handover(
            parcel=box,
            step=step.value,
            from_label=hands[box].frm,
            to_label=hands[box].to,
            site_id=site or box.shipment.order.warehouse_id,
            at=at,
            client_uuid=hands[box].client_uuid,
        )
        for box in fresh
    ):
        last[row.parcel_id] = row
    _record_handed(fresh, step, actor=actor, at=at)
    _move_on(fresh, step, actor=actor, at=at)
    return [last[box.pk] for box in hands]


def _locked_boxes(codes: Sequence[str], shipment: str | None, organisation_id: int | None) -> list[Parcel]:
    if not codes:
        raise NoParcels(pointer="/parcels")
    rows = Parcel.objects.filter(code__in=codes, voided_at=None)
    if shipment is not None:
        rows = rows.filter(shipment__public_id=shipment)
    if organisation_id is not None:
        rows = rows.filter(shipment__order__supplier__organisation=organisation_id)
    boxes = _locked(rows)
    missing = set(codes) - {box.code for box in boxes}
    if missing:
        first = min(missing)
        raise NoSuchParcel(pointer=f"/parcels/{list(codes).index(first)}", parcels=sorted(missing))
    return boxes


def _locked(rows: QuerySet[Parcel]) -> list[Parcel]:
    lock_orders(orders=set(rows.values_list("shipment__order", flat=True)))
    return list(
        rows.select_for_update(of=("self", "shipment"))
        .select_related("shipment__order__charity__organisation", "shipment__order__supplier__organisation")
        .order_by("shipment_id", "pk")
    )


def _last_handovers(boxes: Iterable[Parcel]) -> dict[int, Handover]:
    rows = Handover.objects.filter(parcel__in=[box.pk for box in boxes]).order_by("pk")
    return {row.parcel_id: row for row in rows}


def _is_repeat(last: Handover | None, step: Step, who: Hands) -> bool:
    if last is None:
        return False
    return last.client_uuid == who.client_uuid or (last.step == step and last.to_label == who.to)


def _record_handed(boxes: Sequence[Parcel], step: Step, *, actor: str, at: datetime) -> None:
    codes: dict[Shipment, list[str]] = {}
    for box in boxes:
        codes.setdefault(box.shipment, []).append(box.code)
    facts = [
        entry_values(
            kind=Kind.PARCEL_HANDED,
            subject=f"shipment:{shipment.public_id}",
            actor=actor,
            at=at,
            charity=shipment.order.charity.organisation.public_id,
            public={"number": shipment.number, "step": step.value, "parcels": of_it},
        )
        for shipment, of_it in codes.items()
    ]
    record_all(facts=facts)


def _shipments(boxes: Iterable[Parcel]) -> list[Shipment]:
    return list({box.shipment_id: box.shipment for box in boxes}.values())


def _move_on(boxes: Sequence[Parcel], step: Step, *, actor: str, at: datetime) -> None:
    shipments = [row.pk for row in _shipments(boxes)]
    if step is Step.PICKUP:
        move_shipments(shipments=shipments, to=ShipmentState.IN_TRANSIT, actor=actor, at=at)
        return
    siblings = list(Parcel.objects.filter(shipment__in=shipments, voided_at=None))
    last = _last_handovers(siblings)
    waiting = {
        box.shipment_id for box in siblings if box.pk not in last or last[box.pk].step != Step.DELIVERY
    }
    arrived = [pk for pk in shipments if pk not in waiting]
    move_shipments(shipments=arrived, to=ShipmentState.DELIVERED, actor=actor, at=at)


@joins_transaction
def move_shipments(
    *, shipments: Collection[int], to: ShipmentState, actor: str, at: datetime, reason: str = ""
) -> list[Shipment]:
    """Joins the caller's transaction. Move shipments (ids) on; those already there stay as they are.

    Returns the ones that moved. Raises WrongState when one of them can no longer go there.
    """
    wanted = Shipment.objects.filter(pk__in=shipments)
    lock_orders(orders=set(wanted.values_list("order", flat=True)))
    rows = list(
        wanted.select_for_update(of=("self",))
        .exclude(state=to.value)
        .select_related("order__charity__organisation")
        .order_by("pk")
    )
    moved = move(
        Shipment.objects.filter(pk__in=[row.pk for row in rows]),
        SHIPMENT,
        to=to,
        field="state",
        updated_at=at,
    )
    if moved != len(rows):
        stuck = [row.number for row in rows if to not in SHIPMENT.table[ShipmentState(row.state)]]
        raise WrongState(f"cannot become {to.value} now: {', '.join(stuck)}", shipments=stuck)
    touch_orders(orders={row.order_id for row in rows}, at=at)
    for row in rows:
        row.state = to.value
    record_all(facts=[_moved(row, reason, actor=actor, at=at) for row in rows])
    return rows


@joins_transaction
def hand_to_carrier(*, refs: Mapping[int, str], actor: str, at: datetime) -> None:
    """Joins the caller's transaction. A common carrier has fetched shipments (ids), each under a number of its own.

    Raises NoParcels, and WrongState when one of them is planned for a vehicle or gone.
    """
    boxes = _locked(Parcel.objects.filter(shipment__in=refs, voided_at=None))
    if {box.shipment_id for box in boxes} != set(refs):
        raise NoParcels(pointer="/shipments")
    rows = _shipments(boxes)
    for row in rows:
        row.mode, row.carrier_ref = Mode.CARRIER.value, refs[row.pk]
    Shipment.objects.bulk_update(rows, ["mode", "carrier_ref"])
    hands = {box: _carried(box.shipment, refs[box.shipment_id]) for box in boxes}
    _change_hands(hands, Step.PICKUP, actor=actor, at=at)


def _carried(row: Shipment, ref: str) -> Hands:
    return Hands(
        frm=f"org:{row.order.supplier.organisation.public_id}",
        to=f"carrier:{ref}"[:60],
        client_uuid=f"{row.public_id}:{ref}"[:64],
    )


@joins_transaction
def lock_shipments(*, shipments: Collection[int]) -> None:
    """Joins the caller's transaction. Hold shipments (ids) and their orders until it ends."""
    rows = Shipment.objects.filter(pk__in=shipments)
    lock_orders(orders=set(rows.values_list("order", flat=True)))
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


@joins_transaction
def confirm(*, shipment_id: int, whole: bool, actor: str, at: datetime) -> bool:
    """Joins the caller's transaction. All of a delivered shipment was counted; False when it is not delivered."""
    row = Shipment.objects.get(pk=shipment_id)
    if row.state != ShipmentState.DELIVERED:
        return False
    to = ShipmentState.CONFIRMED if whole else ShipmentState.DISCREPANCY
    return bool(move_shipments(shipments=[shipment_id], to=to, actor=actor, at=at))


def _moved(row: Shipment, reason: str, *, actor: str, at: datetime) -> dict[str, Any]:
    public = {"number": row.number, "order": row.order.public_id, "state": row.state}
    return entry_values(
        kind=Kind.SHIPMENT_MOVED,
        subject=f"shipment:{row.public_id}",
        actor=actor,
        at=at,
        charity=row.order.charity.organisation.public_id,
        public=public | ({"reason": reason} if reason else {}),
    )
