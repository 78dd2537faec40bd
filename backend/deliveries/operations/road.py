"""On the road: who drives, what was loaded, where the vehicle stands, what could not be done."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from backend.deliveries.models import Drop, DropParcel, Route, Stop
from backend.deliveries.rules import (
    DROP,
    ROUTE,
    STOP,
    DropState,
    FailReason,
    RouteState,
    StopKind,
    StopState,
)
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Malformed, NotAllowed
from backend.kernel.states import WrongState, move, must_move
from backend.parties.models import Membership, User
from backend.parties.rules import Role
from backend.shipments import operations as shipments
from backend.shipments.models import Parcel, Shipment
from backend.shipments.rules import ShipmentState, Step


class NotYourRoute(NotAllowed):
    """Somebody else drives this route."""

    code = "not_your_route"


@own_transaction
def assign_courier(*, route: Route, courier: User, actor: str, at: datetime) -> Route:
    """Own transaction. This courier of the route's carrier drives it; until it is on the road, another may take over.

    Raises NotAllowed for somebody who is no courier of this carrier, WrongState once the route is on the road.
    """
    seat = Membership.objects.filter(
        user=courier, organisation_id=route.vehicle.carrier.organisation_id, role=Role.COURIER.value
    )
    if not seat.exists():
        raise NotAllowed("not a courier of this carrier", pointer="/courier")
    changed = Route.objects.filter(pk=route.pk, state=RouteState.PLANNED.value).update(courier=courier)
    if not changed:
        raise WrongState("the route is on the road")
    route.refresh_from_db()
    record(
        kind=Kind.ROUTE_ASSIGNED,
        subject=f"route:{route.public_id}",
        actor=actor,
        at=at,
        public={"courier": f"user:{courier.public_id}"},
    )
    return route


@own_transaction
def take_route(*, route: Route, courier_id: int, actor: str, at: datetime) -> Route:
    """Own transaction. A courier takes a route that nobody drives; one's own again changes nothing.

    Raises NotYourRoute when another was faster, and what assign_courier raises.
    """
    row = Route.objects.select_for_update().get(pk=route.pk)
    if row.courier_id == courier_id:
        return row
    if row.courier_id is not None:
        raise NotYourRoute
    return assign_courier(route=route, courier=User.objects.get(pk=courier_id), actor=actor, at=at)


@own_transaction
def load(
    *, stop: Stop, parcels: Collection[str] | None = None, client_uuid: str, actor: str, at: datetime
) -> Stop:
    """Own transaction. A pickup is done: the parcels with these codes (None: all) are on the vehicle.

    A shipment travels whole: one with a box missing stays behind, is ready again and comes into the next plan.
    A phone's repeat (same `client_uuid`) changes nothing. Raises Malformed for a code that is not due here, WrongState
    when the stop has ended otherwise.
    """
    stop = _locked(stop)
    if stop.ended_by == client_uuid:
        return stop
    if stop.kind != StopKind.PICKUP.value:
        raise Malformed("nothing is loaded at a delivery")
    due = list(stop.pickups.filter(state=DropState.EXPECTED.value).select_related("parcel__shipment"))
    codes = {row.parcel.code for row in due}
    here = codes if parcels is None else set(parcels) - _counted_already(stop)
    if unknown := sorted(here - codes):
        raise Malformed(f"not due at this stop: {', '.join(unknown)}", pointer="/parcels", parcels=unknown)
    short = {row.parcel.shipment_id for row in due if row.parcel.code not in here}
    _take_on_board(
        stop, [row.parcel for row in due if row.parcel.shipment_id not in short], client_uuid, actor, at
    )
    _leave_behind(
        stop,
        [row for row in due if row.parcel.shipment_id in short],
        FailReason.NOT_LOADED,
        actor=actor,
        at=at,
    )
    _end(stop, StopState.DONE, ended_by=client_uuid, done_at=at, arrived_at=stop.arrived_at or at)
    _start(stop.route, at)
    record(
        kind=Kind.ROUTE_LOADED,
        subject=f"route:{stop.route.public_id}",
        actor=actor,
        at=at,
        public={"stop": stop.public_id, "loaded": len(here), "left": sorted(codes - here)},
    )
    close_route(stop.route, actor=actor, at=at)
    return stop


def _counted_already(stop: Stop) -> set[str]:
    """Boxes of this pickup that their receiver has counted: nobody needs to load them any more."""
    rows = stop.pickups.filter(state=DropState.DELIVERED.value)
    return set(rows.values_list("parcel__code", flat=True))


def _locked(stop: Stop) -> Stop:
    """The stop as it is now, with its route: acts on one route go one after the other."""
    Route.objects.select_for_update().get(pk=stop.route_id)
    return Stop.objects.select_related("route__vehicle__carrier", "site__organisation").get(pk=stop.pk)


def _take_on_board(stop: Stop, parcels: list[Parcel], client_uuid: str, actor: str, at: datetime) -> None:
    if not parcels:
        return
    shipments.hand_over(
        parcels=[parcel.code for parcel in parcels],
        step=Step.PICKUP,
        from_label=f"org:{stop.site.organisation.public_id}",
        to_label=f"route:{stop.route.public_id}",
        site=stop.site_id,
        client_uuid=client_uuid,
        actor=actor,
        at=at,
    )


def _leave_behind(
    stop: Stop, rows: list[DropParcel], reason: FailReason, *, actor: str, at: datetime
) -> None:
    """These parcels do not come: free for the next plan, and stops that wait for nothing else fall away."""
    if not rows:
        return
    drops = {row.drop_id for row in rows}
    DropParcel.objects.filter(pk__in=[row.pk for row in rows]).update(state=DropState.FAILED.value)
    free_shipments({row.parcel.shipment_id for row in rows}, reason=reason.value, actor=actor, at=at)
    empty = Drop.objects.filter(pk__in=drops, state=DropState.EXPECTED.value).exclude(
        parcels__state=DropState.EXPECTED.value
    )
    for drop in empty.select_related("stop"):
        _fail_drop(drop, FailReason.NOT_LOADED, actor=actor, at=at)
        later = drop.stop
        if later is not None and later.state == StopState.PLANNED.value:
            _end(later, StopState.FAILED, done_at=at, fail_reason=FailReason.NOT_LOADED.value)


@joins_transaction
def free_shipments(shipment_ids: Iterable[int], *, reason: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. What was planned is ready again, what was on the road was attempted."""
    held = Shipment.objects.filter(pk__in=set(shipment_ids))
    for frm, to in (
        (ShipmentState.PLANNED, ShipmentState.READY),
        (ShipmentState.IN_TRANSIT, ShipmentState.ATTEMPTED),
    ):
        ids = list(held.filter(state=frm.value).values_list("pk", flat=True))
        shipments.move_shipments(shipments=ids, to=to, actor=actor, at=at, reason=reason)


def _end(stop: Stop, to: StopState, **values: object) -> None:
    """A stop ends; one that nobody reported as reached is passed through it."""
    rows = Stop.objects.filter(pk=stop.pk)
    if to is StopState.DONE:
        move(rows, STOP, to=StopState.ARRIVED, field="state")
    must_move(rows, STOP, to=to, field="state", **values)
    stop.refresh_from_db()


def _fail_drop(drop: Drop, reason: FailReason, *, actor: str, at: datetime) -> None:
    must_move(Drop.objects.filter(pk=drop.pk), DROP, to=DropState.FAILED, field="state")
    record(
        kind=Kind.DROP_FAILED,
        subject=f"drop:{drop.public_id}",
        actor=actor,
        at=at,
        public={"reason": reason.value},
    )


def _start(route: Route, at: datetime) -> None:
    move(Route.objects.filter(pk=route.pk), ROUTE, to=RouteState.ON_ROAD, field="state", loaded_at=at)


@joins_transaction
def close_route(route: Route, *, actor: str, at: datetime) -> None:
    """Joins the caller's transaction. A route with no stop left open is done."""
    open_states = [StopState.PLANNED.value, StopState.ARRIVED.value]
    if route.stops.filter(state__in=open_states).exists():
        return
    _start(route, at)
    rows = Route.objects.filter(pk=route.pk)
    if move(rows, ROUTE, to=RouteState.DONE, field="state", done_at=at):
        record(kind=Kind.ROUTE_DONE, subject=f"route:{route.public_id}", actor=actor, at=at)


@own_transaction
def arrive(*, stop: Stop, actor: str, at: datetime) -> Stop:
    """Own transaction. The vehicle stands at this stop. A repeat changes nothing; raises WrongState when it ended."""
    stop = _locked(stop)
    if stop.state == StopState.ARRIVED.value:
        return stop
    must_move(Stop.objects.filter(pk=stop.pk), STOP, to=StopState.ARRIVED, field="state", arrived_at=at)
    _start(stop.route, at)
    late = max(0, round((at - stop.planned_arrival).total_seconds() / 60))
    record(
        kind=Kind.STOP_ARRIVED,
        subject=f"stop:{stop.public_id}",
        actor=actor,
        at=at,
        public={"late_minutes": late, "drops": list(stop.drops.values_list("public_id", flat=True))},
    )
    stop.refresh_from_db()
    return stop


@own_transaction
def fail_stop(
    *, stop: Stop, reason: FailReason, note: str = "", client_uuid: str, actor: str, at: datetime
) -> Stop:
    """Own transaction. This stop cannot be done today: its parcels come into the next plan, and people are told.

    At a pickup the goods stay ready at the warehouse; at a delivery they were attempted and wait at the vehicle's home.
    A phone's repeat changes nothing. Raises WrongState when the stop has ended otherwise.
    """
    stop = _locked(stop)
    if stop.ended_by == client_uuid:
        return stop
    _end(
        stop,
        StopState.FAILED,
        ended_by=client_uuid,
        done_at=at,
        fail_reason=reason.value,
        fail_note=note[:200],
    )
    _start(stop.route, at)
    record(
        kind=Kind.STOP_FAILED,
        subject=f"stop:{stop.public_id}",
        actor=actor,
        at=at,
        public={"reason": reason.value, "drops": list(stop.drops.values_list("public_id", flat=True))},
        private={"note": note} if note else None,
    )
    expected = Q(state=DropState.EXPECTED.value)
    if stop.kind == StopKind.PICKUP.value:
        _leave_behind(
            stop, list(stop.pickups.filter(expected).select_related("parcel")), reason, actor=actor, at=at
        )
    else:
        _fail_drops(stop, reason, actor=actor, at=at)
    close_route(stop.route, actor=actor, at=at)
    return stop


def _fail_drops(stop: Stop, reason: FailReason, *, actor: str, at: datetime) -> None:
    for drop in stop.drops.filter(state=DropState.EXPECTED.value):
        rows = drop.parcels.filter(state=DropState.EXPECTED.value)
        held = list(rows.values_list("parcel__shipment_id", flat=True))
        rows.update(state=DropState.FAILED.value)
        _fail_drop(drop, reason, actor=actor, at=at)
        free_shipments(held, reason=reason.value, actor=actor, at=at)
