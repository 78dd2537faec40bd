"""Dispatcher, driver and schools: plan what is ready, drive it, hand it over, count it."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.deliveries import queries
from backend.deliveries.rules import PlanState
from backend.interfaces.jobs.demo.cut import demo_id, tree
from backend.interfaces.jobs.replay.browser import Browsers, DoorShut, Page, Pause, at_once
from backend.interfaces.jobs.replay.schools import Schools
from backend.interfaces.jobs.replay.staff import signed_in
from backend.parties.queries import seats, user_by_public_id
from backend.parties.rules import Role

PLAN_SECONDS = 5
PLAN_PATIENCE = 180.0
LOOK_SECONDS = 1.0
SATURDAY = 5
_PLAN = re.compile(r"/plans/(pln_\w+)/")
_STOP = re.compile(r"/stops/(stp_\w+)/deliver/")
_BY_CARRIER = re.compile(r"<input\b[^>]*name=\"by_carrier\"[^>]*value=\"(shp_\w+)\"")


class NoPlan(Exception):
    """A plan that was asked for did not come, or failed."""


@dataclass(frozen=True)
class Depot:
    """A carrier, and the county where its hub stands."""

    organisation: str
    organisation_id: int
    region: str


@dataclass(frozen=True)
class Gates:
    """The drop of each stop, and each drop's link to the slip that shows its code."""

    drops: dict[str, str]
    links: dict[str, str]


def depots() -> list[Depot]:
    """The demo dispatcher's seats."""
    regions = {
        demo_id("org", row["code"]): row["hub"]["county_code"]
        for row in tree("suppliers/suppliers.json")["carriers"]
        if row["vehicles"]
    }
    user = user_by_public_id(public_id=demo_id("usr", "tan"))
    held = seats(user_id=user.pk, roles=(Role.DISPATCH,)) if user else []
    return [Depot(seat.organisation, seat.organisation_id, regions[seat.organisation]) for seat in held]


class Fleet:
    """Everything between the ramp and the count. `links` sign in a dispatcher and a driver.

    `pause` comes before each act of theirs and of the schools.
    """

    def __init__(
        self,
        base: str,
        links: dict[str, str],
        seed: int,
        clock: Callable[[], datetime],
        *,
        pause: Pause = at_once,
    ) -> None:
        self.clock = clock
        self.schools = Schools(Browsers(base, pause=pause), seed)
        self.depots = depots()
        self.dispatcher = signed_in(base, links["dispatch"], pause=pause)
        self.driver = signed_in(base, links["courier"], pause=pause)
        self._pause = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.schools.browsers.close()
        self.dispatcher.close()
        self.driver.close()

    def ready(self) -> dict[str, int]:
        """How many shipments wait for a vehicle, by county."""
        return {row.region: row.shipments for row in queries.waiting() if row.shipments}

    def round(self) -> bool:
        """Plan, drive and count everything that is ready now; False when nothing was."""
        ready = self.ready()
        asked = [(depot, self._ask(depot)) for depot in self.depots if depot.region in ready]
        for depot, plan in asked:
            self._release(depot, self._drafted(depot, plan))
            self._drive(depot, plan)
        return bool(self.schools.count_all()) or bool(asked)

    def _day(self) -> date:
        """The next day on which schools are open."""
        day = self.clock().astimezone(ZoneInfo(settings.ZONE)).date() + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return day

    def _ask(self, depot: Depot) -> str:
        home = self.dispatcher.get(f"/dispatch/?as={depot.organisation}")
        wanted = {"region": depot.region, "on": f"{self._day()}", "seconds": f"{PLAN_SECONDS}"}
        asked = self.dispatcher.submit(home, home.form(holding="region"), wanted)
        found = _PLAN.search(asked.path)
        if not found:
            raise DoorShut(asked, "no plan was asked for")
        return found.group(1)

    def _drafted(self, depot: Depot, plan: str) -> Page:
        waited = 0.0
        while waited < PLAN_PATIENCE:
            page = self.dispatcher.get(f"/dispatch/plans/{plan}/?as={depot.organisation}")
            if page.has("/release/"):
                return page
            if page.has("/retry/"):
                raise NoPlan(f"{plan} failed")
            self._pause.wait(LOOK_SECONDS)
            waited += LOOK_SECONDS
        raise NoPlan(f"{plan} did not come in {PLAN_PATIENCE:.0f} s")

    def _release(self, depot: Depot, draft: Page) -> None:
        """What the draft leaves out for its price goes by common carrier."""
        left_out = _BY_CARRIER.findall(draft.text)
        released = self.dispatcher.submit(draft, draft.form(action="/release/"), {"by_carrier": left_out})
        if released.has("/release/"):
            raise NoPlan(f"{draft.path} was not released")

    def _drive(self, depot: Depot, plan: str) -> None:
        """One route after the other, as a driver with one phone takes them."""
        gates = Gates(self._drops(depot, plan), self.schools.links())
        while True:
            page = self.driver.get(f"/courier/?as={depot.organisation}")
            if page.has("/take/"):
                page = self.driver.submit(page, page.form(action="/take/"))
            if not self._drive_route(page, gates):
                return

    def _drops(self, depot: Depot, plan: str) -> dict[str, str]:
        """The drop of each stop of a plan."""
        row = queries.plan_row(public_id=plan, organisation_id=depot.organisation_id)
        return {stop.public_id: stop.drop for r in queries.plan_sheet(plan=row).routes for stop in r.stops}

    def _drive_route(self, page: Page, gates: Gates) -> int:
        """Stop after stop until the phone has nothing more to do; how many acts that took."""
        acts = 0
        while True:
            if page.has("/load/"):
                page = self.driver.submit(page, page.form(action="/load/"))
            elif page.has("/deliver/"):
                form = page.form(action="/deliver/")
                page = self.driver.submit(page, form, {"code": self._code(page, form.action, gates)})
            elif page.has("/arrive/"):
                page = self.driver.submit(page, page.form(action="/arrive/"))
            else:
                return acts
            acts += 1

    def _code(self, page: Page, action: str, gates: Gates) -> str:
        """What the keeper at the gate says."""
        found = _STOP.search(action)
        stop = found.group(1) if found else ""
        if stop not in gates.drops:  # somebody else released the plan that this route is of
            for depot in self.depots:
                for line in queries.plan_lines(organisation_id=depot.organisation_id):
                    if line.state is PlanState.RELEASED:
                        gates.drops.update(self._drops(depot, line.public_id))
        token = gates.links.get(gates.drops.get(stop, ""))
        if token is None:
            raise DoorShut(page, "nobody at this gate has a code")
        return self.schools.code(token)
