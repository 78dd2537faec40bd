"""From a released plan to a school that has its goods, and what happens when it goes wrong."""

from dataclasses import dataclass

import pytest

from backend.deliveries.models import Drop, DropParcel, Plan, Route, Stop
from backend.deliveries.operations import (
    CodeLocked,
    NoCode,
    WrongCode,
    arrive,
    assign_courier,
    deliver,
    deliver_without_code,
    fail_stop,
    issue_code,
    load,
    renew_link,
)
from backend.deliveries.queries import drop_by_link, drops_to_call
from backend.deliveries.rules import FailReason
from backend.deliveries.tokens import link_token
from backend.journal.models import Entry
from backend.kernel.errors import Malformed, NotAllowed
from backend.kernel.states import WrongState
from backend.parties.rules import Role
from backend.shipments.models import Handover, Shipment
from tests import factories
from tests.backend.deliveries.stories import LAO_YANG, XIAO_TAN, County, stops
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


@dataclass
class Morning:
    """A released route with one warehouse and one school, and the receiver's code."""

    county: County
    plan: Plan
    route: Route
    pickup: Stop
    delivery: Stop
    drop: Drop
    shipment: Shipment
    code: str

    def loaded(self) -> "Morning":
        load(stop=self.pickup, client_uuid="load-1", actor=LAO_YANG, at=later(hours=23))
        return self

    def deliver(self, code: str | None = None, uuid: str = "deliver-1") -> Drop:
        return deliver(
            drop=self.drop, code=code or self.code, client_uuid=uuid, actor=LAO_YANG, at=later(hours=24)
        )

    def seen(self) -> tuple[str, ...]:
        """States of shipment, drop, delivery stop and route."""
        for row in (self.shipment, self.drop, self.delivery, self.route):
            row.refresh_from_db()
        return self.shipment.state, self.drop.state, self.delivery.state, self.route.state


@pytest.fixture
def morning() -> Morning:
    county = County()
    shipment = county.shipment(county.school())
    plan = county.released()
    pickup, delivery = stops(plan)
    drop = Drop.objects.get()
    code = issue_code(drop=drop, actor="system:notices", at=MONDAY)
    return Morning(county, plan, Route.objects.get(), pickup, delivery, drop, shipment, code)


def test_lao_yang_drives_the_day_to_its_end(morning: Morning) -> None:
    morning.loaded()
    assert morning.seen() == ("in_transit", "expected", "planned", "on_road")
    arrive(stop=morning.delivery, actor=LAO_YANG, at=later(hours=24))
    morning.deliver()
    assert morning.seen() == ("delivered", "delivered", "done", "done")
    assert Handover.objects.count() == 4
    assert set(DropParcel.objects.values_list("state", flat=True)) == {"delivered"}
    kinds = list(Entry.objects.filter(subject__startswith="route:").values_list("kind", flat=True))
    assert kinds == ["route.loaded", "route.done"]


def test_a_phone_repeats_itself_harmlessly(morning: Morning) -> None:
    for _ in range(2):
        morning.loaded()
    for _ in range(2):
        arrive(stop=morning.delivery, actor=LAO_YANG, at=later(hours=24))
    for _ in range(2):
        morning.deliver()
    assert Handover.objects.count() == 4
    for kind in ("route.loaded", "stop.arrived", "drop.delivered", "route.done"):
        assert Entry.objects.filter(kind=kind).count() == 1, kind


def test_how_late_it_was_is_written_down(morning: Morning) -> None:
    morning.loaded()
    arrive(
        stop=morning.delivery,
        actor=LAO_YANG,
        at=morning.delivery.planned_arrival + (later(minutes=6) - MONDAY),
    )
    assert Entry.objects.get(kind="stop.arrived").public["late_minutes"] == 6


def test_only_a_courier_of_the_carrier_drives(morning: Morning) -> None:
    county = morning.county
    assign_courier(route=morning.route, courier=county.yang, actor=XIAO_TAN, at=MONDAY)
    stranger = factories.member("外人", factories.carrier("别家").organisation, Role.COURIER)
    with pytest.raises(NotAllowed):
        assign_courier(route=morning.route, courier=stranger, actor=XIAO_TAN, at=MONDAY)
    morning.loaded()
    with pytest.raises(WrongState):
        assign_courier(route=morning.route, courier=county.yang, actor=XIAO_TAN, at=MONDAY)


# the code


def test_nothing_is_handed_over_that_is_not_on_the_vehicle(morning: Morning) -> None:
    with pytest.raises(WrongState):
        morning.deliver()
    assert morning.seen() == ("planned", "expected", "planned", "planned")


def test_without_a_code_somebody_must_call(morning: Morning) -> None:
    morning.loaded()
    Drop.objects.update(code_digest=None)
    with pytest.raises(NoCode):
        morning.deliver()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_five_wrong_codes_and_then_only_a_call_helps(morning: Morning) -> None:
    morning.loaded()
    lefts = []
    for _ in range(4):
        with pytest.raises(WrongCode) as refused:
            morning.deliver(wrong(morning.code))
        lefts.append(refused.value.details["left"])
    assert lefts == [4, 3, 2, 1]
    for code in (wrong(morning.code), morning.code):
        with pytest.raises(CodeLocked):
            morning.deliver(code)
    assert [row.drop for row in drops_to_call(organisation_id=morning.county.carrier.organisation_id)] == [
        morning.drop.public_id
    ]
    assert morning.seen()[1] == "expected"


def test_a_new_code_gives_five_new_tries_and_ends_the_old_one(morning: Morning) -> None:
    morning.loaded()
    with pytest.raises(WrongCode):
        morning.deliver(wrong(morning.code))
    new = issue_code(drop=morning.drop, actor=XIAO_TAN, at=later(hours=24))
    morning.drop.refresh_from_db()
    assert morning.drop.code_tries == 0
    if new != morning.code:
        with pytest.raises(WrongCode):
            morning.deliver()
    assert morning.deliver(new).state == "delivered"


def test_the_dispatcher_waives_the_code_with_a_reason(morning: Morning) -> None:
    morning.loaded()
    act = {"drop": morning.drop, "client_uuid": "call-1", "actor": XIAO_TAN, "at": later(hours=24)}
    with pytest.raises(Malformed):
        deliver_without_code(reason="  ", **act)
    for _ in range(2):
        deliver_without_code(reason="打过电话，韦老师在", **act)
    assert morning.seen() == ("delivered", "delivered", "done", "done")
    assert morning.drop.code_waived == "打过电话，韦老师在"
    assert Entry.objects.get(kind="drop.delivered").public["code_waived"] is True


def test_the_code_stands_nowhere_in_the_tables(morning: Morning) -> None:
    morning.drop.refresh_from_db()
    assert morning.code.encode() not in bytes(morning.drop.code_digest or b"")
    assert morning.drop.code_digest
    assert all(morning.code not in str(entry.public) for entry in Entry.objects.all())


def test_a_reprint_ends_the_older_link(morning: Morning) -> None:
    old = link_token(morning.drop.public_id, morning.drop.link_version)
    assert drop_by_link(token=old) == morning.drop
    new = renew_link(drop=morning.drop, actor=XIAO_TAN, at=MONDAY)
    assert drop_by_link(token=old) is None
    assert drop_by_link(token=link_token(new.public_id, new.link_version)) == morning.drop


# loading


def test_a_box_from_elsewhere_is_not_loaded(morning: Morning) -> None:
    with pytest.raises(Malformed) as refused:
        load(stop=morning.pickup, parcels=["X9999-1"], client_uuid="l", actor=LAO_YANG, at=MONDAY)
    assert refused.value.details["parcels"] == ["X9999-1"]


def test_a_shipment_with_a_box_missing_stays_behind_whole() -> None:
    county = County()
    here, there = county.school(), county.school("示范中学（龙山镇）", lon=105.55, lat=25.2)
    whole, short = county.shipment(here), county.shipment(there)
    plan = county.released()
    pickup, *_ = stops(plan)
    ticked = [*whole.parcels.values_list("code", flat=True), short.parcels.first().code]
    load(stop=pickup, parcels=ticked, client_uuid="l", actor=LAO_YANG, at=MONDAY)
    whole.refresh_from_db()
    short.refresh_from_db()
    assert (whole.state, short.state) == ("in_transit", "ready_for_pickup")
    gone = Stop.objects.get(site=there.site)
    assert (gone.state, gone.fail_reason) == ("failed", "not_loaded")
    assert Drop.objects.get(site=there.site).state == "failed"
    again = county.drafted(on=later(days=2).date())
    assert [row["id"] for row in again.problem["jobs"]] == [short.public_id]


# stops that fail


def test_a_failed_delivery_waits_at_the_hub_and_comes_into_the_next_plan(morning: Morning) -> None:
    morning.loaded()
    for _ in range(2):
        fail_stop(
            stop=morning.delivery, reason=FailReason.ROAD, note="塌方", client_uuid="f-1",
            actor=LAO_YANG, at=later(hours=24),
        )  # fmt: skip
    assert morning.seen() == ("attempted", "failed", "failed", "done")
    entry = Entry.objects.get(kind="stop.failed")
    assert entry.public["reason"] == "road" and entry.private == {"note": "塌方"}
    (job,) = morning.county.drafted(on=later(days=2).date()).problem["jobs"]
    assert job["id"] == morning.shipment.public_id
    assert job["pickup"]["location"] == morning.county.hub.public_id


def test_the_second_try_arrives(morning: Morning) -> None:
    morning.loaded()
    fail_stop(
        stop=morning.delivery, reason=FailReason.NOBODY, client_uuid="f", actor=LAO_YANG, at=later(hours=24)
    )
    plan = morning.county.released(on=later(days=2).date())
    pickup, _ = stops(plan)
    load(stop=pickup, client_uuid="load-2", actor=LAO_YANG, at=later(days=2))
    second = Drop.objects.get(stop__route__plan=plan)
    code = issue_code(drop=second, actor="system:notices", at=later(days=2))
    deliver(drop=second, code=code, client_uuid="d-2", actor=LAO_YANG, at=later(days=2))
    assert morning.seen()[:2] == ("delivered", "failed")
    assert Drop.objects.filter(state="delivered").get() == second
    steps = list(Handover.objects.order_by("pk").values_list("step", flat=True))
    assert steps == ["pickup"] * 4 + ["delivery"] * 2


def test_a_failed_pickup_leaves_the_goods_ready(morning: Morning) -> None:
    fail_stop(
        stop=morning.pickup, reason=FailReason.CLOSED, client_uuid="f", actor=LAO_YANG, at=later(hours=23)
    )
    assert morning.seen() == ("ready_for_pickup", "failed", "failed", "done")
    assert morning.delivery.fail_reason == "not_loaded"
    assert len(morning.county.drafted().problem["jobs"]) == 1


def test_what_ended_does_not_end_again(morning: Morning) -> None:
    morning.loaded()
    morning.deliver()
    with pytest.raises(WrongState):
        fail_stop(
            stop=morning.delivery, reason=FailReason.NOBODY, client_uuid="x", actor=LAO_YANG, at=later(days=1)
        )
    with pytest.raises(WrongState):
        morning.deliver(uuid="another phone")
    with pytest.raises(WrongState):
        arrive(stop=morning.delivery, actor=LAO_YANG, at=later(days=1))
    with pytest.raises(WrongState):
        issue_code(drop=morning.drop, actor=XIAO_TAN, at=later(days=1))


def test_a_vehicle_with_an_open_route_is_busy_that_day(morning: Morning) -> None:
    morning.county.shipment(morning.county.school("示范小学（平寨村）"))
    assert morning.county.drafted().error == "no_vehicles"
    morning.loaded()
    morning.deliver()
    assert morning.county.drafted().state == "drafted"
