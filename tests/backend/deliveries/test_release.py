"""A person releases a draft: who carries what is written once, whoever else tries."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.deliveries.models import Drop, DropParcel, Plan, Route
from backend.deliveries.operations import ParcelElsewhere, adopt_handed_over, deliver_by_carrier, release_plan
from backend.deliveries.planning import run_next
from backend.journal.models import Entry
from backend.kernel.errors import Conflicts, Missing
from backend.kernel.states import WrongState
from backend.shipments.models import Shipment
from backend.shipments.operations import hand_over
from backend.shipments.rules import Step
from backend.supplier_orders.models import StopPrice
from tests import factories
from tests.backend.deliveries.stories import XIAO_TAN, County, stops
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


def test_a_released_plan_has_routes_stops_and_one_drop_for_each_school() -> None:
    county = County()
    near, far = county.school(), county.school("示范中学（龙山镇）", lon=105.55, lat=25.2)
    for school in (near, near, far):
        county.shipment(school)
    plan = county.released()
    route = Route.objects.get(plan=plan)
    assert [stop.kind for stop in stops(plan)] == ["pickup", "delivery", "delivery"]
    assert Drop.objects.count() == 2
    assert DropParcel.objects.count() == 6
    assert {row.parcels.count() for row in Drop.objects.all()} == {2, 4}
    assert all(row.pickup == stops(plan)[0] for row in DropParcel.objects.all())
    assert set(Shipment.objects.values_list("state", flat=True)) == {"planned"}
    assert (
        route.cost == plan.answer["cost"]["fixed"] + plan.answer["cost"]["km"] + plan.answer["cost"]["hour"]
    )
    assert Entry.objects.filter(kind="drop.expected").count() == 2


def test_a_stop_knows_its_hours_and_its_price() -> None:
    county = County()
    county.shipment(county.school())
    _, delivery = stops(county.released())
    assert delivery.window_from and delivery.window_to
    assert delivery.window_from <= delivery.planned_departure
    assert delivery.price and delivery.price > 0


def test_sourcing_learns_what_the_stop_cost() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    plan = county.released()
    learned = StopPrice.objects.get()
    assert (learned.warehouse, learned.recipient, learned.plan_ref) == (
        county.warehouse,
        school,
        plan.public_id,
    )
    assert learned.amount > 0


def test_goods_in_another_plan_meanwhile_are_refused_by_number() -> None:
    county = County()
    shipment = county.shipment(county.school())
    first = county.drafted()
    second = county.drafted()
    release_plan(plan=first, actor=XIAO_TAN, at=MONDAY)
    with pytest.raises(ParcelElsewhere) as refused:
        release_plan(plan=second, actor=XIAO_TAN, at=MONDAY)
    assert refused.value.details["shipments"] == [shipment.number]
    second.refresh_from_db()
    assert second.state == "drafted"
    assert Route.objects.count() == 1


def test_a_plan_is_released_once() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.released()
    with pytest.raises(WrongState):
        release_plan(plan=plan, actor=XIAO_TAN, at=MONDAY)


def cheap_post(county: County) -> Shipment:
    """One small box that a carrier takes for less than the van costs."""
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=100, kg_price=1)
    return county.shipment(county.school(), quantity=1, boxes=1)


def test_what_a_carrier_does_cheaper_goes_by_carrier_when_the_person_says_so() -> None:
    county = County()
    shipment = cheap_post(county)
    plan = county.drafted()
    assert [row["job"] for row in plan.answer["unserved"]] == [shipment.public_id]
    assert plan.answer["unserved"][0]["reasons"][0]["code"] == "price"
    release_plan(plan=plan, by_carrier=[shipment.public_id], actor=XIAO_TAN, at=MONDAY)
    shipment.refresh_from_db()
    drop = Drop.objects.get()
    assert (shipment.state, shipment.mode) == ("in_transit", "carrier")
    assert (drop.stop, drop.carrier_ref) == (None, f"{plan.number}-1")
    for _ in range(2):
        deliver_by_carrier(drop=drop, client_uuid="post-1", actor=XIAO_TAN, at=MONDAY)
    shipment.refresh_from_db()
    assert shipment.state == "delivered"
    assert Entry.objects.filter(kind="drop.delivered").count() == 1


def test_what_nobody_sends_stays_ready_with_its_reason() -> None:
    county = County()
    shipment = cheap_post(county)
    release_plan(plan=county.drafted(), actor=XIAO_TAN, at=MONDAY)
    shipment.refresh_from_db()
    assert shipment.state == "ready_for_pickup"


def test_a_far_shipment_can_only_go_by_carrier() -> None:
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=2_000, kg_price=300)
    far = factories.warehouse(county.supplier, lon=106.63, lat=26.65)
    shipment = county.shipment(county.school(), warehouse=far)
    plan = county.drafted()
    assert plan.answer["outside"] == [
        {"shipment": shipment.public_id, "tariff": 2_000 + 24 * 300, "why": "far"}
    ]
    release_plan(plan=plan, by_carrier=[shipment.public_id], actor=XIAO_TAN, at=MONDAY)
    assert Drop.objects.get().carrier_ref


def statements_of_a_release(schools: int) -> int:
    """Of a plan that drives to so many schools and leaves as many parcels from afar to a carrier."""
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=90_000, kg_price=9_000)
    far = factories.warehouse(county.supplier, lon=106.63, lat=26.65)
    for n in range(schools):
        school = county.school(f"示范小学（{schools}-{n}）", lon=105.4 + n / 100)
        county.shipment(school, quantity=2, boxes=2)
        county.shipment(school, warehouse=far)
    plan = county.drafted()
    left = [row["shipment"] for row in plan.answer["outside"]]
    assert len(left) == schools
    with CaptureQueriesContext(connection) as asked:
        release_plan(plan=plan, by_carrier=left, actor=XIAO_TAN, at=MONDAY)
    drops = Drop.objects.filter(created_at=MONDAY)
    assert drops.filter(stop__route__plan=plan).count() == schools
    assert drops.filter(carrier_ref__startswith=plan.number).count() == schools
    return len(asked)


def test_a_release_asks_no_more_of_the_database_for_more_parcels() -> None:
    assert statements_of_a_release(2) == statements_of_a_release(6)


def test_only_what_the_plan_left_out_goes_by_carrier() -> None:
    county = County()
    shipment = county.shipment(county.school())
    plan = county.drafted()
    with pytest.raises(Missing):
        release_plan(plan=plan, by_carrier=[shipment.public_id], actor=XIAO_TAN, at=MONDAY)
    plan.refresh_from_db()
    assert plan.state == "drafted"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_plan", [True, False])
def test_many_releases_at_once_write_one_route(same_plan: bool) -> None:
    county = County()
    county.shipment(county.school())
    plans = [county.drafted() for _ in range(1 if same_plan else 6)]
    gate = threading.Barrier(6)
    outcomes: list[str] = []

    def click(plan: Plan) -> None:
        gate.wait()
        try:
            release_plan(plan=plan, actor=XIAO_TAN, at=MONDAY)
            outcomes.append("released")
        except Conflicts as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(plans[n % len(plans)],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted(["released"] + ["wrong_state" if same_plan else "parcel_elsewhere"] * 5)
    assert (Route.objects.count(), Drop.objects.count()) == (1, 1)


def test_what_a_supplier_gave_to_a_carrier_itself_gets_a_drop_once() -> None:
    county = County()
    shipment, planned = county.shipment(county.school()), county.shipment(county.school("示范小学（平寨村）"))
    hand_over(
        parcels=list(shipment.parcels.values_list("code", flat=True)), step=Step.PICKUP,
        from_label="org:x", to_label="carrier:顺路快运", site=county.warehouse.pk, client_uuid="own-1",
        actor="supplier:x", at=MONDAY,
    )  # fmt: skip
    county.released()
    assert [adopt_handed_over(actor="system:jobs", at=MONDAY) for _ in range(2)] == [1, 0]
    drop = Drop.objects.get(stop=None)
    assert drop.carrier_ref == "顺路快运"
    assert {row.parcel.shipment_id for row in drop.parcels.all()} == {shipment.pk}
    deliver_by_carrier(drop=drop, client_uuid="post-1", actor=XIAO_TAN, at=MONDAY)
    shipment.refresh_from_db()
    planned.refresh_from_db()
    assert (shipment.state, planned.state) == ("delivered", "planned")


def test_a_run_needs_a_plan() -> None:
    assert run_next(by="worker-1", clock=lambda: MONDAY) is None
