"""The moment of handing over: a one-time code, five tries, then a call."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from backend.deliveries.models import Drop, Route, Stop
from backend.deliveries.operations.road import close_route
from backend.deliveries.rules import CODE_TRIES, DROP, STOP, DropState, StopState
from backend.deliveries.tokens import code_digest, code_matches, new_code
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Malformed, NotAllowed
from backend.kernel.states import WrongState, move, must_move
from backend.shipments import operations as shipments
from backend.shipments.rules import Step

COUNTED = "count:"  # marks a drop that its receiver counted before anybody reported it


class WrongCode(NotAllowed):
    """This is not the receiver's code."""

    code = "wrong_code"


class CodeLocked(NotAllowed):
    """Five wrong codes: call the dispatcher."""

    code = "code_locked"


class NoCode(NotAllowed):
    """The receiver has no code yet: call the dispatcher."""

    code = "no_code"


@own_transaction
def issue_code(*, drop: Drop, actor: str, at: datetime) -> str:
    """Own transaction. A new one-time code for the receiver, returned once and kept only as a digest.

    An older code ends with it, and so do its wrong tries. Raises WrongState when the drop is over.
    """
    code = new_code()
    changed = Drop.objects.filter(pk=drop.pk, state=DropState.EXPECTED.value).update(
        code_digest=code_digest(drop.public_id, code), code_tries=0
    )
    if not changed:
        raise WrongState("the drop is over")
    record(kind=Kind.DROP_CODE_ISSUED, subject=_label(drop), actor=actor, at=at)
    return code


@own_transaction
def renew_link(*, drop: Drop, actor: str, at: datetime) -> Drop:
    """Own transaction. Every link printed so far ends; `tokens.link_token` of the returned row makes the new one."""
    Drop.objects.filter(pk=drop.pk).update(link_version=F("link_version") + 1)
    drop.refresh_from_db()
    return drop


def _is_repeat(drop: Drop, client_uuid: str) -> bool:
    """This phone's report came before, or the receiver's own count was faster than the courier's phone."""
    return drop.client_uuid == client_uuid or (drop.client_uuid or "").startswith(COUNTED)


def _label(drop: Drop) -> str:
    return f"drop:{drop.public_id}"


def deliver(*, drop: Drop, code: str, client_uuid: str, actor: str, at: datetime) -> Drop:
    """Own transaction (two: a wrong try stays counted). The receiver's code is right: the parcels are theirs.

    A phone's repeat (same `client_uuid`) changes nothing. Raises WrongCode with the tries left, CodeLocked after five
    wrong ones, NoCode when none was issued, WrongState when the drop is over or its parcels are not on the vehicle.
    """
    drop.refresh_from_db()
    if _is_repeat(drop, client_uuid):
        return drop
    _must_be_on_board(drop)
    if drop.code_digest is None:
        raise NoCode
    _spend_try(drop, code)
    return hand_over_drop(drop=drop, client_uuid=client_uuid, waived="", actor=actor, at=at)


def _must_be_on_board(drop: Drop) -> None:
    if drop.state != DropState.EXPECTED.value or drop.stop_id is None:
        raise WrongState("the drop is over")
    not_loaded = ~Q(pickup__state=StopState.DONE.value) & Q(pickup__isnull=False)
    if drop.parcels.filter(not_loaded, state=DropState.EXPECTED.value).exists():
        raise WrongState("its parcels are not on the vehicle")


def _spend_try(drop: Drop, code: str) -> None:
    """Count the try before looking, so that no two requests share one."""
    with transaction.atomic():
        counted = Drop.objects.filter(pk=drop.pk, code_tries__lt=CODE_TRIES).update(
            code_tries=F("code_tries") + 1
        )
        drop.refresh_from_db()
    if not counted:
        raise CodeLocked(pointer="/code", left=0)
    if not code_matches(drop.public_id, code, drop.code_digest):
        left = CODE_TRIES - drop.code_tries
        raise WrongCode(pointer="/code", left=left) if left else CodeLocked(pointer="/code", left=0)


def deliver_without_code(*, drop: Drop, reason: str, client_uuid: str, actor: str, at: datetime) -> Drop:
    """Own transaction. A dispatcher spoke with the receiver and waives the code; `reason` is kept and journalled.

    Raises Malformed without a reason, WrongState when the drop is over or its parcels are not on the vehicle.
    """
    drop.refresh_from_db()
    if _is_repeat(drop, client_uuid):
        return drop
    if not reason.strip():
        raise Malformed("say why the code is waived", pointer="/reason")
    _must_be_on_board(drop)
    return hand_over_drop(drop=drop, client_uuid=client_uuid, waived=reason.strip()[:200], actor=actor, at=at)


@own_transaction
def hand_over_drop(*, drop: Drop, client_uuid: str, waived: str, actor: str, at: datetime) -> Drop:
    stop = Stop.objects.select_related("route").get(drops=drop)
    route = Route.objects.select_for_update().get(pk=stop.route_id)
    _deliver(
        drop,
        from_label=f"route:{route.public_id}",
        client_uuid=client_uuid,
        waived=waived,
        actor=actor,
        at=at,
    )
    if not stop.drops.filter(state=DropState.EXPECTED.value).exists():
        rows = Stop.objects.filter(pk=stop.pk)
        move(rows, STOP, to=StopState.ARRIVED, field="state", arrived_at=at)
        must_move(rows, STOP, to=StopState.DONE, field="state", done_at=at, ended_by=client_uuid)
        close_route(route, actor=actor, at=at)
    return drop


@own_transaction
def deliver_by_carrier(*, drop: Drop, client_uuid: str, actor: str, at: datetime) -> Drop:
    """Own transaction. The common carrier says that it handed this drop over. A repeat changes nothing.

    Raises WrongState for a drop that is over or that a vehicle of ours carries.
    """
    drop.refresh_from_db()
    if _is_repeat(drop, client_uuid):
        return drop
    if drop.carrier_ref is None:
        raise WrongState("a vehicle of ours carries this drop")
    _deliver(
        drop, from_label=f"carrier:{drop.carrier_ref}", client_uuid=client_uuid, waived="", actor=actor, at=at
    )
    return drop


@joins_transaction
def _deliver(drop: Drop, *, from_label: str, client_uuid: str, waived: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. The parcels change hands; the drop and its shipments are delivered."""
    must_move(
        Drop.objects.filter(pk=drop.pk),
        DROP,
        to=DropState.DELIVERED,
        field="state",
        delivered_at=at,
        client_uuid=client_uuid,
        code_waived=waived,
        code_digest=None,
    )
    rows = drop.parcels.filter(state=DropState.EXPECTED.value).select_related("parcel__shipment")
    parcels = [row.parcel for row in rows]
    rows.update(state=DropState.DELIVERED.value)
    shipments.hand_over(
        parcels=[parcel.code for parcel in parcels],
        step=Step.DELIVERY,
        from_label=from_label,
        to_label=f"org:{drop.recipient.organisation.public_id}",
        site=drop.site_id,
        client_uuid=client_uuid,
        actor=actor,
        at=at,
    )
    record(
        kind=Kind.DROP_DELIVERED,
        subject=_label(drop),
        actor=actor,
        at=at,
        public={
            "recipient": drop.recipient.organisation.public_id,
            "shipments": sorted({parcel.shipment.public_id for parcel in parcels}),
            "parcels": len(parcels),
            "code_waived": bool(waived),
        },
    )
    drop.refresh_from_db()
