"""A plan's answer becomes routes, stops and drops: a statement for each kind of row, however many there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from backend.deliveries.models import Drop, Plan, Route, Stop, Vehicle
from backend.deliveries.operations.carried import put_in_drops
from backend.deliveries.rules import StopKind, moment, window_at
from backend.kernel.db import joins_transaction
from backend.parties.models import Site
from backend.shipments.models import Parcel

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    routes: list[Route]
    drops: list[Drop]


@joins_transaction
def write_routes(plan: Plan, answers: Sequence[Json], *, at: datetime) -> Written:
    """Joins the caller's transaction. The rows of `answers`, the routes of the plan that a vehicle drives.

    Raises ParcelElsewhere when another drop holds one of the boxes.
    """
    vehicles = Vehicle.objects.in_bulk([a["vehicle"] for a in answers], field_name="public_id")
    routes = Route.objects.bulk_create(
        Route(
            plan=plan,
            vehicle=vehicles[answer["vehicle"]],
            on=plan.on,
            metres=answer["metres"],
            cost=answer["fixed_cost"] + answer["km_cost"] + answer["hour_cost"],
        )
        for answer in answers
    )
    visits = [
        visit
        for route, answer in zip(routes, answers, strict=True)
        for visit in _visits(route, answer, _prices(plan, answer["vehicle"]))
    ]
    Stop.objects.bulk_create(stop for stop, _ in visits)
    return Written(routes, _write_drops(visits, at))


def _prices(plan: Plan, vehicle: str) -> dict[int, int]:
    """What each step of a vehicle adds to the plan (fen)."""
    answer = plan.answer or {}
    return {row["step"]: row["price"] for row in answer["stop_prices"] if row["vehicle"] == vehicle}


def _visits(route: Route, answer: Json, prices: Mapping[int, int]) -> Iterator[tuple[Stop, list[str]]]:
    """The stops of a route, not saved, with the shipments that each fetches or brings."""
    names = {step["location"] for step in answer["steps"]}
    sites = Site.objects.select_related("recipient").in_bulk(names, field_name="public_id")
    number = 0
    for index, step in enumerate(answer["steps"]):
        for kind in StopKind:
            jobs = [act["job"] for act in step["acts"] if act["kind"] == kind.value]
            if jobs:
                number += 1
                yield _stop(route, number, kind, step, sites[step["location"]], prices.get(index)), jobs


def _stop(route: Route, number: int, kind: StopKind, step: Json, site: Site, price: int | None) -> Stop:
    def when(seconds: int) -> datetime:
        return moment(route.on, seconds, settings.ZONE)

    window = window_at(site.hours, route.on.weekday(), step["start"] // 60)
    return Stop(
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


def _write_drops(visits: Sequence[tuple[Stop, list[str]]], at: datetime) -> list[Drop]:
    fetched = {job: stop for stop, jobs in visits if stop.kind == StopKind.PICKUP for job in jobs}
    brought = [(stop, jobs) for stop, jobs in visits if stop.kind == StopKind.DELIVERY]
    drops = Drop.objects.bulk_create(
        Drop(
            recipient=stop.site.recipient,
            site=stop.site,
            stop=stop,
            expected_from=stop.planned_arrival,
            expected_to=stop.planned_departure,
            created_at=at,
        )
        for stop, _ in brought
    )
    drop_of = {job: drop for drop, (_, jobs) in zip(drops, brought, strict=True) for job in jobs}
    boxes = Parcel.objects.filter(shipment__public_id__in=drop_of, voided_at=None)
    boxes = boxes.select_related("shipment").order_by("pk")
    put_in_drops((drop_of[key], box, fetched.get(key)) for box in boxes for key in [box.shipment.public_id])
    return drops
