"""A person lets a draft go: routes, stops and drops come to be, and no parcel is in two of them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from backend.deliveries.models import Drop, DropParcel, Plan, Route, Stop, Vehicle
from backend.deliveries.operations.plans import label
from backend.deliveries.rules import PLAN, PlanState, StopKind, moment, window_at
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Conflicts, Missing
from backend.kernel.states import must_move
from backend.parties.models import Site
from backend.parties.rules import SiteKind
from backend.shipments import operations as shipments
from backend.shipments.models import Parcel, Shipment
from backend.shipments.rules import Mode, ShipmentState
from backend.supplier_orders.operations import learn_stop_prices

Json = Mapping[str, Any]


class ParcelElsewhere(Conflicts):
    """Goods of this plan went another way meanwhile: make a new plan."""

    code = "parcel_elsewhere"


@own_transaction
def release_plan(*, plan: Plan, by_carrier: Collection[str] = (), actor: str, at: datetime) -> Plan:
    """Own transaction. The draft is driven: its shipments become planned, its routes, stops and drops are written.

    `by_carrier` names (public ids) the left-out shipments that go out by common carrier now; the others stay ready.
    Raises WrongState for anything but a draft, ParcelElsewhere when one of its shipments is no longer free, Missing
    when `by_carrier` names a shipment that this plan did not leave out.
    """
    must_move(Plan.objects.filter(pk=plan.pk), PLAN, to=PlanState.RELEASED, field="state", released_at=at)
    plan.refresh_from_db()
    answer = plan.answer or {}
    taken = [act["job"] for route in answer["routes"] for act in _acts(route) if act["kind"] == "delivery"]
    _take(taken, actor=actor, at=at)
    routes = [_write_route(plan, route, at) for route in answer["routes"] if _acts(route)]
    record(
        kind=Kind.PLAN_RELEASED,
        subject=label(plan),
        actor=actor,
        at=at,
        public={"routes": [route.public_id for route in routes], "shipments": len(taken)},
    )
    for drop in Drop.objects.filter(stop__route__plan=plan).order_by("pk"):
        record_expected(drop, actor=actor, at=at)
    _send_left_out(plan, by_carrier, actor=actor, at=at)
    _teach(plan, at=at)
    return plan


def _acts(route: Json) -> list[Json]:
    return [act for step in route["steps"] for act in step["acts"]]


def _take(public_ids: list[str], *, actor: str, at: datetime) -> None:
    """All of these shipments become planned, or none and ParcelElsewhere names those that are gone."""
    free = (ShipmentState.READY.value, ShipmentState.ATTEMPTED.value)
    rows = list(
        Shipment.objects.select_for_update()
        .filter(public_id__in=public_ids, mode=Mode.OWN.value)
        .order_by("pk")
    )
    gone = [row.number for row in rows if row.state not in free]
    if gone or len(rows) != len(public_ids):
        raise ParcelElsewhere(f"{', '.join(gone)}", shipments=gone)
    shipments.move_shipments(shipments=[row.pk for row in rows], to=ShipmentState.PLANNED, actor=actor, at=at)


def _write_route(plan: Plan, answer: Json, at: datetime) -> Route:
    vehicle = Vehicle.objects.get(public_id=answer["vehicle"])
    cost = answer["fixed_cost"] + answer["km_cost"] + answer["hour_cost"]
    route = Route.objects.create(plan=plan, vehicle=vehicle, on=plan.on, metres=answer["metres"], cost=cost)
    sites = {s["location"] for s in answer["steps"]}
    by_id = Site.objects.select_related("recipient").in_bulk(sites, field_name="public_id")
    prices = _prices(plan, answer["vehicle"])
    pickups: dict[str, Stop] = {}
    number = 0
    for index, step in enumerate(answer["steps"]):
        for kind in StopKind:
            jobs = [act["job"] for act in step["acts"] if act["kind"] == kind.value]
            if not jobs:
                continue
            number += 1
            stop = _write_stop(route, number, kind, step, by_id[step["location"]], prices.get(index))
            if kind is StopKind.PICKUP:
                pickups |= dict.fromkeys(jobs, stop)
            else:
                _write_drop(stop, jobs, pickups, at)
    return route


def _prices(plan: Plan, vehicle: str) -> dict[int, int]:
    """What each step of a vehicle adds to the plan (fen)."""
    answer = plan.answer or {}
    return {row["step"]: row["price"] for row in answer["stop_prices"] if row["vehicle"] == vehicle}


def _write_stop(route: Route, number: int, kind: StopKind, step: Json, site: Site, price: int | None) -> Stop:
    def when(seconds: int) -> datetime:
        return moment(route.on, seconds, settings.ZONE)

    window = window_at(site.hours, route.on.weekday(), step["start"] // 60)
    return Stop.objects.create(
        route=route,
        step=number,
        site=site,
        kind=kind.value,
        planned_arrival=when(step["arrival"]),
        planned_departure=when(step["departure"]),
        window_from=window and when(window[0] * 60),
        window_to=window and when(window[1] * 60),
        metres=step["leg_metres"],
        price=price if kind is StopKind.DELIVERY else None,
    )


def _write_drop(stop: Stop, jobs: list[str], pickups: Mapping[str, Stop], at: datetime) -> None:
    drop = Drop.objects.create(
        recipient=stop.site.recipient,
        site=stop.site,
        stop=stop,
        expected_from=stop.planned_arrival,
        expected_to=stop.planned_departure,
        created_at=at,
    )
    parcels = Parcel.objects.filter(shipment__public_id__in=jobs, voided_at=None).order_by("pk")
    parcels = parcels.select_related("shipment")
    put_in_drop(drop, ((parcel, pickups.get(parcel.shipment.public_id)) for parcel in parcels))


@joins_transaction
def put_in_drop(drop: Drop, parcels: Iterable[tuple[Parcel, Stop | None]]) -> None:
    """Joins the caller's transaction. These parcels arrive with this drop; raises ParcelElsewhere for one that
    another drop holds (the constraint tells, not a look beforehand)."""
    rows = [DropParcel(drop=drop, parcel=parcel, pickup=pickup) for parcel, pickup in parcels]
    try:
        with transaction.atomic():
            DropParcel.objects.bulk_create(rows)
    except IntegrityError as error:
        raise ParcelElsewhere(f"a parcel for {drop.public_id} is in another drop") from error


def record_expected(drop: Drop, *, actor: str, at: datetime) -> None:
    """The fact that a drop is on its way to a day and hour: letters to the recipient begin here."""
    record(
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


def _left_out(plan: Plan) -> dict[str, Json]:
    """Every shipment that the plan left out and a carrier could take, by public id."""
    answer = plan.answer or {}
    rows = [(row["job"], row) for row in answer["unserved"]] + [
        (row["shipment"], row) for row in answer["outside"]
    ]
    return {key: row for key, row in rows if row["tariff"] is not None}


def _send_left_out(plan: Plan, public_ids: Collection[str], *, actor: str, at: datetime) -> None:
    possible = _left_out(plan)
    for number, public_id in enumerate(sorted(public_ids), start=1):
        if public_id not in possible:
            raise Missing(f"{public_id} was not left out of {plan.number} with a carrier's price")
        send_by_carrier(
            shipment=Shipment.objects.get(public_id=public_id),
            carrier_ref=f"{plan.number}-{number}",
            actor=actor,
            at=at,
        )


@own_transaction
def send_by_carrier(*, shipment: Shipment, carrier_ref: str, actor: str, at: datetime) -> Drop:
    """Own transaction. A common carrier fetches this shipment at the warehouse and takes it to the recipient.

    Raises ParcelElsewhere when it is planned or on its way already.
    """
    shipment = Shipment.objects.select_for_update().get(pk=shipment.pk)
    if shipment.state not in (ShipmentState.READY.value, ShipmentState.ATTEMPTED.value):
        raise ParcelElsewhere(shipment.number, shipments=[shipment.number])
    recipient = shipment.order.recipient
    drop = Drop.objects.create(
        recipient=recipient, site=recipient.site, carrier_ref=carrier_ref, created_at=at
    )
    put_in_drop(drop, ((parcel, None) for parcel in shipment.parcels.filter(voided_at=None).order_by("pk")))
    shipments.hand_to_carrier(shipment=shipment.pk, carrier_ref=carrier_ref, actor=actor, at=at)
    record_expected(drop, actor=actor, at=at)
    return drop


def _teach(plan: Plan, *, at: datetime) -> None:
    """What the way from each warehouse to each recipient cost goes back to those who choose suppliers."""
    lanes = (plan.answer or {})["lanes"]
    ids = {public_id for lane in lanes for public_id in lane[:2]}
    sites = Site.objects.select_related("recipient").in_bulk(ids, field_name="public_id")
    prices = {
        (sites[frm].pk, sites[to].recipient.pk): price
        for frm, to, price in lanes
        if sites[frm].kind == SiteKind.WAREHOUSE.value
    }
    learn_stop_prices(prices=prices, plan_ref=plan.public_id, at=at)
