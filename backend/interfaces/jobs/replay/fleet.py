"""Dispatcher, couriers and schools: plan what is ready, drive it, hand it over, count it."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.deliveries import operations as deliveries
from backend.deliveries import queries
from backend.deliveries.rules import PlanState, StopKind
from backend.interfaces.jobs.demo.cut import demo_id, tree
from backend.interfaces.jobs.replay.browser import Browsers
from backend.interfaces.jobs.replay.schools import Schools
from backend.parties.queries import seats, user_by_public_id
from backend.parties.rules import Role

if TYPE_CHECKING:
    from backend.deliveries.models import Plan, Stop

PLAN_SECONDS = 5
PLAN_PATIENCE = 180.0
SATURDAY = 5


class NoPlan(Exception):
    """A plan that was asked for did not come, or failed."""


@dataclass(frozen=True)
class Depot:
    """A carrier's dispatcher and the county that it serves."""

    organisation_id: int
    region: str
    actor: str


def depots() -> list[Depot]:
    """The demo dispatcher's seats; a carrier serves the county where its hub stands."""
    regions = {
        demo_id("org", row["code"]): row["hub"]["county_code"]
        for row in tree("suppliers/suppliers.json")["carriers"]
        if row["vehicles"]
    }
    user = user_by_public_id(public_id=demo_id("usr", "tan"))
    held = seats(user_id=user.pk, roles=(Role.DISPATCH,)) if user else []
    return [Depot(seat.organisation_id, regions[seat.organisation], seat.actor) for seat in held]


class Fleet:
    """Everything between the ramp and the count."""

    def __init__(self, base: str, seed: int, clock: Callable[[], datetime]) -> None:
        self.clock, self.seed = clock, seed
        self.browsers = Browsers(base)
        self.schools = Schools(self.browsers, seed)
        self.depots = depots()
        self.courier = user_by_public_id(public_id=demo_id("usr", "yang"))
        self.rounds = 0
        self._pause = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.browsers.close()

    def round(self) -> bool:
        """Plan, drive and count everything that is ready now; False when nothing was."""
        ready = self.ready()
        asked = [(depot, self._ask(depot)) for depot in self.depots if depot.region in ready]
        for depot, plan in asked:
            self._drive(depot, self._release(depot, self._drafted(depot, plan)))
        return bool(self.schools.count_all()) or bool(asked)

    def ready(self) -> dict[str, int]:
        """How many shipments wait for a vehicle, by county."""
        return {row.region: row.shipments for row in queries.waiting() if row.shipments}

    def _day(self) -> date:
        """The next day on which schools are open."""
        day = self.clock().astimezone(ZoneInfo(settings.ZONE)).date() + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return day

    def _ask(self, depot: Depot) -> str:
        self.rounds += 1
        plan = deliveries.ask_plan(
            carrier=queries.carrier_of(organisation_id=depot.organisation_id),
            region=depot.region,
            on=self._day(),
            seconds=PLAN_SECONDS,
            seed=self.seed,
            actor=depot.actor,
            at=self.clock(),
        )
        return plan.public_id

    def _drafted(self, depot: Depot, public_id: str) -> "Plan":
        waited = 0.0
        while True:
            plan = queries.plan_row(public_id=public_id, organisation_id=depot.organisation_id)
            if plan.state == PlanState.DRAFTED.value:
                return plan
            if plan.state == PlanState.FAILED.value or waited > PLAN_PATIENCE:
                raise NoPlan(f"{plan.number}: {plan.state} {plan.error}")
            self._pause.wait(0.5)
            waited += 0.5

    def _release(self, depot: Depot, plan: "Plan") -> "Plan":
        """What the draft leaves out for its price goes by common carrier."""
        sheet = queries.plan_sheet(plan=plan)
        by_carrier = [row.shipment for row in sheet.left if row.free and row.tariff is not None]
        return deliveries.release_plan(plan=plan, by_carrier=by_carrier, actor=depot.actor, at=self.clock())

    def _drive(self, depot: Depot, plan: "Plan") -> None:
        links = self.schools.links()
        for route in queries.plan_sheet(plan=plan).routes:
            row = queries.route_row(public_id=route.public_id, organisation_id=depot.organisation_id)
            if self.courier:
                deliveries.assign_courier(route=row, courier=self.courier, actor=depot.actor, at=self.clock())
            for stop in route.stops:
                self._stop(stop.public_id, stop.kind, stop.drop, links)

    def _stop(self, public_id: str, kind: StopKind, drop: str, links: dict[str, str]) -> None:
        if self.courier is None:
            return
        row: Stop = queries.stop_row(public_id=public_id, courier_id=self.courier.pk)
        actor = f"user:{self.courier.public_id}"
        deliveries.arrive(stop=row, actor=actor, at=self.clock())
        if kind is StopKind.PICKUP:
            deliveries.load(stop=row, client_uuid=uuid.uuid4().hex, actor=actor, at=self.clock())
            return
        code = self.schools.code(links[drop])
        deliveries.deliver(
            drop=queries.drop_row(public_id=drop, courier_id=self.courier.pk),
            code=code,
            client_uuid=uuid.uuid4().hex,
            actor=actor,
            at=self.clock(),
        )
