"""Read plans: the list, what waits, and one plan as drafted and as driven."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum

from backend.deliveries.models import Plan, Stop, Vehicle
from backend.deliveries.queries.sheets import (
    Costs,
    LeftOut,
    Load,
    Place,
    PlanLine,
    PlanRoute,
    PlanSheet,
    PlanStop,
    Reason,
    Waiting,
)
from backend.deliveries.rules import PlanState, StopKind, StopState, moment, window_at
from backend.parties.models import Site
from backend.parties.rules import SiteKind
from backend.shipments.models import Parcel, ParcelItem, Shipment
from backend.shipments.rules import Mode, ShipmentState

Json = Mapping[str, Any]


def plan_lines(*, organisation_id: int, limit: int = 30) -> list[PlanLine]:
    """The carrier's plans, newest first."""
    rows = Plan.objects.filter(carrier__organisation_id=organisation_id).defer("problem").order_by("-pk")
    return [_line(row) for row in rows[:limit]]


def _line(row: Plan) -> PlanLine:
    answer = row.answer
    steps = [step for route in answer["routes"] for step in route["steps"]] if answer else []
    return PlanLine(
        row.public_id,
        row.number,
        row.region,
        row.on,
        PlanState(row.state),
        row.asked_at,
        row.error,
        sum(answer["cost"].values()) if answer else None,
        sum(1 for step in steps if _jobs(step, StopKind.DELIVERY)) if answer else None,
        len(answer["unserved"]) + len(answer["outside"]) if answer else None,
    )


def _jobs(step: Json, kind: StopKind) -> list[str]:
    return [act["job"] for act in step["acts"] if act["kind"] == kind.value]


def waiting() -> list[Waiting]:
    """Ready shipments by county of the recipient, the fullest first."""
    states = [ShipmentState.READY.value, ShipmentState.ATTEMPTED.value]
    county = "order__recipient__site__county_code"
    rows = (
        Shipment.objects.filter(state__in=states, mode=Mode.OWN.value)
        .values(county)
        .annotate(n=Count("pk", distinct=True), boxes=Count("parcels", filter=Q(parcels__voided_at=None)))
        .order_by("-n", county)
    )
    return [Waiting(row[county], row["n"], row["boxes"]) for row in rows]


def county_names(*, regions: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """By county code the names of the hub there, where there is one: how people know the county's deliveries."""
    hubs = Site.objects.filter(kind=SiteKind.HUB.value, county_code__in=list(regions)).order_by("-pk")
    return dict(hubs.values_list("county_code", "names"))


def plan_sheet(*, plan: Plan) -> PlanSheet:
    """A plan with its tours and what it leaves out, as drafted and, once released, as driven."""
    answer, bounds = plan.answer, plan.bounds or {}
    facts = _Facts(plan, answer) if answer else None
    return PlanSheet(
        plan.public_id,
        plan.number,
        plan.region,
        plan.on,
        PlanState(plan.state),
        plan.error,
        plan.asked_at,
        plan.drafted_at,
        plan.released_at,
        plan.seconds,
        plan.seed,
        plan.tries,
        plan.progress,
        costs=Costs(**answer["cost"]) if answer else Costs(),
        bound=bounds.get("routes"),
        gap=bounds.get("gap"),
        whole_bound=bounds.get("whole"),
        whole_gap=bounds.get("whole_gap"),
        method=bounds.get("method", ""),
        versions=tuple(plan.versions or ()),
        iterations=plan.iterations or {},
        routes=tuple(facts.routes()) if facts else (),
        left=tuple(facts.left()) if facts else (),
    )


class _Facts:
    """The rows behind an answer's public ids, each kind read once."""

    def __init__(self, plan: Plan, answer: Json) -> None:
        self.plan, self.answer = plan, answer
        self.shipments = self._shipments()
        self.vehicles = self._vehicles()
        places = {step["location"] for route in answer["routes"] for step in route["steps"]}
        self.sites = Site.objects.in_bulk(places, field_name="public_id")
        self.loads = self._loads()
        self.prices = {(row["vehicle"], row["step"]): row for row in answer["stop_prices"]}
        self.stops = self._stops()

    def _shipments(self) -> dict[str, Shipment]:
        ids = [act["job"] for r in self.answer["routes"] for s in r["steps"] for act in s["acts"]]
        ids += [row["job"] for row in self.answer["unserved"]]
        ids += [row["shipment"] for row in self.answer["outside"]]
        found = Shipment.objects.filter(public_id__in=ids).select_related("order__recipient__site")
        return {row.public_id: row for row in found}

    def _vehicles(self) -> dict[str, Vehicle]:
        named = {route["vehicle"] for route in self.answer["routes"]}
        for row in self.answer["unserved"]:
            named |= {reason["vehicle"] for reason in row["reasons"]}
        found = Vehicle.objects.filter(public_id__in=named).select_related("home")
        return {row.public_id: row for row in found}

    def _loads(self) -> dict[str, Load]:
        ids = [row.pk for row in self.shipments.values()]
        key = "shipment__public_id"
        boxes = Parcel.objects.filter(shipment__in=ids, voided_at=None).values(key)
        held = ParcelItem.objects.filter(parcel__shipment__in=ids, parcel__voided_at=None)
        pieces = dict(held.values_list("parcel__shipment__public_id").annotate(Sum("quantity")))
        return {
            row[key]: Load(row["n"], pieces.get(row[key], 0), row["g"], row["v"])
            for row in boxes.annotate(n=Count("pk"), g=Sum("grams"), v=Sum("cm3"))
        }

    def _stops(self) -> dict[tuple[str, int], Stop]:
        rows = Stop.objects.filter(route__plan=self.plan)
        rows = rows.select_related("route__vehicle", "route__courier__person").prefetch_related("drops")
        return {(row.route.vehicle.public_id, row.step): row for row in rows}

    def load(self, jobs: Iterable[str]) -> Load:
        return sum((self.loads.get(job, Load()) for job in jobs), Load())

    def routes(self) -> list[PlanRoute]:
        return [self._route(row) for row in self.answer["routes"] if any(s["acts"] for s in row["steps"])]

    def _route(self, row: Json) -> PlanRoute:
        vehicle, steps = self.vehicles[row["vehicle"]], row["steps"]
        first = self.stops.get((row["vehicle"], 1))
        return PlanRoute(
            vehicle.sign,
            vehicle.public_id,
            vehicle.vehicle_class,
            Load(grams=vehicle.grams, cm3=vehicle.cm3),
            _place(vehicle.home),
            self._when(steps[0]["departure"]),
            self._when(steps[-1]["arrival"]),
            row["metres"],
            row["fixed_cost"],
            row["km_cost"],
            row["hour_cost"],
            Load(grams=max(s["load"][0] for s in steps), cm3=max(s["load"][1] for s in steps)),
            tuple(self._route_stops(row)),
            first.route.public_id if first else "",
            first.route.state if first else "",
            _courier_name(first) if first else "",
        )

    def _when(self, seconds: int) -> Any:
        return moment(self.plan.on, seconds, settings.ZONE)

    def _route_stops(self, row: Json) -> Iterable[PlanStop]:
        """Numbered as they are when released: see operations.release."""
        number = 0
        for index, step in enumerate(row["steps"]):
            for kind in StopKind:
                if jobs := _jobs(step, kind):
                    number += 1
                    yield self._stop((row["vehicle"], index), step, number, kind, jobs)

    def _stop(
        self, key: tuple[str, int], step: Json, number: int, kind: StopKind, jobs: list[str]
    ) -> PlanStop:
        site = self.sites[step["location"]]
        price = self.prices.get(key) if kind is StopKind.DELIVERY else None
        window = window_at(site.hours, self.plan.on.weekday(), step["start"] // 60)
        row = self.stops.get((key[0], number))
        return PlanStop(
            number,
            kind,
            _place(site),
            self._when(step["arrival"]),
            self._when(step["start"]),
            self._when(step["departure"]),
            (self._when(window[0] * 60), self._when(window[1] * 60)) if window else None,
            self.load(jobs),
            price and price["price"],
            price and price["carrier"],
            shipment_states=tuple(ShipmentState(self.shipments[job].state) for job in jobs),
            **(_as_driven(row) if row else {}),
        )

    def left(self) -> list[LeftOut]:
        """What has waited longest first."""
        out = [self._left(row["job"], row) for row in self.answer["unserved"]]
        out += [self._left(row["shipment"], row) for row in self.answer["outside"]]
        return sorted(out, key=lambda row: -row.waits_days)

    def _left(self, public_id: str, row: Json) -> LeftOut:
        shipment, tariff = self.shipments[public_id], row["tariff"]
        since = shipment.ready_at or shipment.packed_at
        relaxation = row.get("relaxation")
        return LeftOut(
            public_id,
            shipment.number,
            _place(shipment.order.recipient.site),
            self.load([public_id]),
            tariff,
            row.get("why") or ("owed" if tariff is None else "price"),
            max(0, ((self.plan.drafted_at or self.plan.asked_at) - since).days),
            ShipmentState(shipment.state),
            tuple(self._reason(reason) for reason in row.get("reasons", ())),
            self._reason(relaxation) if relaxation else None,
        )

    def _reason(self, row: Json) -> Reason:
        vehicle = self.vehicles.get(row["vehicle"])
        amount = row.get("amount", row.get("short", 0))
        return Reason(vehicle.sign if vehicle else "", row["code"], amount, row.get("added_cost"))


def _place(site: Site) -> Place:
    return Place(site.public_id, site.names, site.lon, site.lat)


def _courier_name(stop: Stop) -> str:
    person = getattr(stop.route.courier, "person", None)
    return person.name if person else ""


def _as_driven(row: Stop) -> dict[str, Any]:
    drop = next(iter(row.drops.all()), None)
    return {
        "state": StopState(row.state),
        "public_id": row.public_id,
        "arrived_at": row.arrived_at,
        "done_at": row.done_at,
        "fail_reason": row.fail_reason,
        "drop": drop.public_id if drop else "",
    }
