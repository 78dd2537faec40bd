"""From a released plan to a school that has its goods, and what happens when it goes wrong."""

import pytest

from backend.deliveries.models import Drop, Route
from backend.deliveries.operations import (
    arrive,
    assign_courier,
    deliver,
    load,
)
from backend.shipments.models import Handover, Shipment
from tests.backend.deliveries.stories import LAO_YANG, XIAO_TAN, County, codes, stops
from tests.cast import later

pytestmark = pytest.mark.django_db


def test_lao_yang_drives_the_day_to_its_end() -> None:
    county = County()
    school = county.school()
    shipment = county.shipment(school)
    plan = county.released()
    route = Route.objects.get(plan=plan)
    assign_courier(route=route, courier=county.yang, actor=XIAO_TAN, at=later(hours=20))
    pickup, delivery = stops(plan)
    load(stop=pickup, client_uuid="u-1", actor=LAO_YANG, at=later(hours=23))
    shipment.refresh_from_db()
    assert shipment.state == "in_transit"
    arrive(stop=delivery, actor=LAO_YANG, at=later(hours=24))
    drop = Drop.objects.get(stop=delivery)
    deliver(drop=drop, code=codes(plan)[drop.pk], client_uuid="u-2", actor=LAO_YANG, at=later(hours=24.2))
    shipment.refresh_from_db()
    route.refresh_from_db()
    assert (shipment.state, route.state) == ("delivered", "done")
    assert Handover.objects.count() == 4
    assert Shipment.objects.filter(state="delivered").count() == 1
