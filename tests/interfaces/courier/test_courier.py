"""Lao Yang's phone: one stop at a time, without a script, each act as often as the network likes."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.deliveries.models import Drop, Plan, Route, Stop
from backend.deliveries.operations import assign_courier
from backend.parties.rules import Role
from backend.shipments.models import Handover, Shipment
from tests import factories
from tests.backend.deliveries.stories import XIAO_TAN, County, codes, stops
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


class Phone:
    """Lao Yang's phone on his route."""

    def __init__(self, county: County, plan: Plan) -> None:
        self.county, self.plan = county, plan
        self.route = Route.objects.get(plan=plan)
        assign_courier(route=self.route, courier=county.yang, actor=XIAO_TAN, at=MONDAY)
        self.client = factories.signed_in(county.yang)
        self.path = f"/courier/routes/{self.route.public_id}/"

    def page(self) -> str:
        return self.client.get(self.path).content.decode()

    def act(self, stop: Stop, name: str, **form: Any) -> str:
        form = {"uuid": f"{name}-{stop.public_id}", **form}
        return self.client.post(
            f"/courier/stops/{stop.public_id}/{name}/", form, follow=True
        ).content.decode()


@pytest.fixture
def phone() -> Phone:
    county = County()
    county.shipment(county.school())
    return Phone(county, county.released())


def boxes() -> list[str]:
    return list(Shipment.objects.get().parcels.values_list("code", flat=True))


def test_a_day_on_the_phone(phone: Phone) -> None:
    pickup, delivery = stops(phone.plan)
    assert phone.client.get("/courier/").url == phone.path
    page = phone.page()
    assert "第1站，共2站" in page and "装好了" in page and all(code in page for code in boxes())
    page = phone.act(pickup, "load", parcels=boxes())
    assert "我到了" in page and "示范小学" in page
    page = phone.act(delivery, "arrive")
    assert "收货人的六位码" in page
    page = phone.act(delivery, "deliver", code=codes(phone.plan)[Drop.objects.get().pk])
    assert "跑完了" in page
    assert Shipment.objects.get().state == "delivered"
    assert Route.objects.get().state == "done"


def test_the_network_sends_everything_twice(phone: Phone) -> None:
    pickup, delivery = stops(phone.plan)
    code = codes(phone.plan)[Drop.objects.get().pk]
    for _ in range(2):
        phone.act(pickup, "load", parcels=boxes())
    for _ in range(2):
        phone.act(delivery, "arrive")
    for _ in range(2):
        page = phone.act(delivery, "deliver", code=code)
    assert "没记上" not in page
    assert Handover.objects.count() == 4


def test_a_wrong_code_says_how_many_tries_are_left(phone: Phone) -> None:
    pickup, delivery = stops(phone.plan)
    code = codes(phone.plan)[Drop.objects.get().pk]
    phone.act(pickup, "load", parcels=boxes())
    phone.act(delivery, "arrive")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert "码不对，还可以试4次" in phone.act(delivery, "deliver", code=wrong)
    for _ in range(4):
        page = phone.act(delivery, "deliver", code=wrong)
    assert "五次都不对" in page
    assert "五次都不对" in phone.act(delivery, "deliver", code=code)
    assert Shipment.objects.get().state == "in_transit"


def test_without_a_code_the_phone_says_whom_to_call(phone: Phone) -> None:
    pickup, delivery = stops(phone.plan)
    phone.act(pickup, "load", parcels=boxes())
    assert "收货人还没有码" in phone.act(delivery, "deliver", code="123456")


def test_a_box_that_is_not_there_keeps_its_shipment_behind(phone: Phone) -> None:
    pickup, _ = stops(phone.plan)
    page = phone.act(pickup, "load", parcels=boxes()[:1])
    assert "没有装上车的箱子" in page
    assert Shipment.objects.get().state == "ready_for_pickup"


def test_the_road_is_closed(phone: Phone) -> None:
    pickup, delivery = stops(phone.plan)
    phone.act(pickup, "load", parcels=boxes())
    form = phone.client.get(f"/courier/stops/{delivery.public_id}/fail/").content.decode()
    assert "路走不通" in form and "不怪你" in form
    assert "没记上" in phone.act(delivery, "fail", reason="lazy")
    assert "没记上" in phone.act(delivery, "fail", reason="not_loaded")
    page = phone.act(delivery, "fail", reason="road", note="塌方")
    assert "路走不通" in page
    assert Shipment.objects.get().state == "attempted"


def test_an_act_without_its_mark_is_refused(phone: Phone) -> None:
    pickup, _ = stops(phone.plan)
    assert "没记上" in phone.act(pickup, "load", uuid="", parcels=boxes())
    assert Shipment.objects.get().state == "planned"


def test_the_page_needs_no_script(phone: Phone) -> None:
    page = phone.page()
    assert "onclick" not in page and "hx-" not in page and "style=" not in page
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        assert 'method="post"' in form


@pytest.mark.parametrize(
    ("provider", "start"),
    [("", "geo:25.030000,105.420000"), ("amap", "https://uri.amap.com/navigation?to=105.42")],
)
def test_the_way_in_the_coordinates_of_the_map(
    phone: Phone, settings: Any, provider: str, start: str
) -> None:
    settings.MAP_PROVIDER = provider
    pickup, _ = stops(phone.plan)
    page = phone.act(pickup, "load", parcels=boxes())
    href = re.search(r'class="btn full" href="([^"]+)"', page)
    assert href and href.group(1).startswith(start)
    if provider:
        assert "105.420000" not in href.group(1), "GCJ-02 lies a few hundred metres beside"


def test_a_route_that_nobody_drives_is_taken_by_the_first() -> None:
    county = County()
    county.shipment(county.school())
    route = Route.objects.get(plan=county.released())
    second = factories.member("小刘", county.carrier.organisation, Role.COURIER)
    yang, liu = factories.signed_in(county.yang), factories.signed_in(second)
    assert "我来开" in yang.get("/courier/").content.decode()
    assert yang.post(f"/courier/routes/{route.public_id}/take/").url == f"/courier/routes/{route.public_id}/"
    liu.post(f"/courier/routes/{route.public_id}/take/")
    route.refresh_from_db()
    assert route.courier == county.yang
    assert liu.get(f"/courier/routes/{route.public_id}/").status_code == 404


def test_another_drivers_stops_are_not_there(phone: Phone) -> None:
    stranger = factories.member("外人", factories.carrier("别家").organisation, Role.COURIER)
    client = factories.signed_in(stranger)
    pickup, delivery = stops(phone.plan)
    for path in (phone.path, f"/courier/stops/{delivery.public_id}/fail/"):
        assert client.get(path).status_code == 404
    for name in ("load", "arrive", "deliver", "fail"):
        path = f"/courier/stops/{pickup.public_id}/{name}/"
        assert client.post(path, {"uuid": "x" * 10}).status_code == 404
    assert factories.signed_in(phone.county.tan).get(phone.path).status_code == 403
    assert Client().get(phone.path).status_code == 302


def test_a_get_never_acts(phone: Phone) -> None:
    pickup, _ = stops(phone.plan)
    for name in ("load", "arrive", "deliver"):
        assert phone.client.get(f"/courier/stops/{pickup.public_id}/{name}/").status_code == 405
    phone.client.get(f"/courier/stops/{pickup.public_id}/fail/")
    assert set(Stop.objects.values_list("state", flat=True)) == {"planned"}


def test_as_many_queries_for_a_long_road_as_for_a_short_one(phone: Phone) -> None:
    with CaptureQueriesContext(connection) as short:
        phone.page()
    county = County()
    for n in range(12):
        county.shipment(county.school(f"示范小学（{n}村）", lon=105.3 + n / 200), boxes=2)
    long_phone = Phone(county, county.released())
    with CaptureQueriesContext(connection) as long:
        long_phone.page()
    assert len(long) == len(short)
