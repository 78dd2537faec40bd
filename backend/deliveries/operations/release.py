"""A person lets a draft go: routes, stops and drops come to be, and no parcel is in two of them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from backend.deliveries.models import Plan
from backend.deliveries.operations.carried import ParcelElsewhere, record_expected, send_by_carrier
from backend.deliveries.operations.plans import label
from backend.deliveries.operations.routes import write_routes
from backend.deliveries.rules import PLAN, PlanState
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Missing
from backend.kernel.states import must_move
from backend.parties.models import Site
from backend.parties.rules import SiteKind
from backend.shipments import operations as shipments
from backend.shipments.models import Shipment
from backend.shipments.rules import Mode, ShipmentState
from backend.supplier_orders.operations import learn_stop_prices

Json = Mapping[str, Any]


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
    written = write_routes(plan, [route for route in answer["routes"] if _acts(route)], at=at)
    record(
        kind=Kind.PLAN_RELEASED,
        subject=label(plan),
        actor=actor,
        at=at,
        public={"routes": [route.public_id for route in written.routes], "shipments": len(taken)},
    )
    record_expected(written.drops, actor=actor, at=at)
    _send_left_out(plan, by_carrier, actor=actor, at=at)
    _teach(plan, at=at)
    return plan


def _acts(route: Json) -> list[Json]:
    return [act for step in route["steps"] for act in step["acts"]]


def _take(public_ids: list[str], *, actor: str, at: datetime) -> None:
    """All of these shipments become planned, or none and ParcelElsewhere names those that are gone."""
    free = (ShipmentState.READY.value, ShipmentState.ATTEMPTED.value)
    wanted = Shipment.objects.filter(public_id__in=public_ids, mode=Mode.OWN.value)
    shipments.lock_shipments(shipments=list(wanted.values_list("pk", flat=True)))
    rows = list(wanted.order_by("pk"))
    gone = [row.number for row in rows if row.state not in free]
    if gone or len(rows) != len(public_ids):
        raise ParcelElsewhere(f"{', '.join(gone)}", shipments=gone)
    shipments.move_shipments(shipments=[row.pk for row in rows], to=ShipmentState.PLANNED, actor=actor, at=at)


def _left_out(plan: Plan) -> dict[str, Json]:
    """Every shipment that the plan left out and a carrier could take, by public id."""
    answer = plan.answer or {}
    rows = [(row["job"], row) for row in answer["unserved"]] + [
        (row["shipment"], row) for row in answer["outside"]
    ]
    return {key: row for key, row in rows if row["tariff"] is not None}


def _send_left_out(plan: Plan, public_ids: Collection[str], *, actor: str, at: datetime) -> None:
    possible = _left_out(plan)
    for public_id in public_ids:
        if public_id not in possible:
            raise Missing(f"{public_id} was not left out of {plan.number} with a carrier's price")
    refs = {key: f"{plan.number}-{number}" for number, key in enumerate(sorted(public_ids), start=1)}
    rows = Shipment.objects.filter(public_id__in=refs).values_list("pk", "public_id")
    send_by_carrier(refs={pk: refs[public_id] for pk, public_id in rows}, actor=actor, at=at)


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
