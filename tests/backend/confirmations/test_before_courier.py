"""Teacher Wei counts what Lao Yang has brought, before Lao Yang's phone has said anything."""

import pytest

from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop, Stop
from backend.deliveries.operations import deliver, issue_code, load
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.shipments.models import Shipment
from tests.backend.deliveries.stories import LAO_YANG, County, stops
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> County:
    county = County()
    county.shipment(county.school("示范小学（者贵村）"))
    county.shipment(county.school("示范小学（坡脚村）", lon=105.36, lat=25.08))
    county.plan = county.released()  # type: ignore[attr-defined]
    return county


TUESDAY = later(days=1)


def count(drop: Drop) -> None:
    item = drop.parcels.get(parcel__code__endswith="-1").parcel.items.get().order_item
    submit_tally(
        drop=drop.public_id, client_uuid="phone-1", device="", counts=[Found(item.public_id, 10)],
        counted_at=TUESDAY, at=TUESDAY, actor="org:school",
    )  # fmt: skip


def test_the_count_implies_loading_and_handing_over(county: County) -> None:
    drop = Drop.objects.order_by("pk")[0]

    count(drop)

    drop.refresh_from_db()
    assert drop.state == "delivered" and drop.stop is not None and drop.stop.state == "done"
    assert sorted(Shipment.objects.values_list("state", flat=True)) == ["confirmed", "planned"]
    assert {row.state for row in stops(county.plan, "pickup")} == {"planned"}  # type: ignore[attr-defined]


def test_the_courier_reports_late_and_nothing_happens_twice(county: County) -> None:
    counted, other = Drop.objects.order_by("pk")
    code = issue_code(drop=counted, actor="system:notices", at=MONDAY)
    count(counted)

    boxes = [row.parcel.code for row in [*counted.parcels.all(), *other.parcels.all()]]
    load(
        stop=Stop.objects.get(kind="pickup"), parcels=boxes, client_uuid="yang-1", actor=LAO_YANG,
        at=later(days=1, hours=1),
    )  # fmt: skip
    deliver(drop=counted, code=code, client_uuid="yang-2", actor=LAO_YANG, at=later(days=1, hours=2))

    assert Entry.objects.filter(kind=Kind.DROP_DELIVERED).count() == 1
    assert sorted(Shipment.objects.values_list("state", flat=True)) == ["confirmed", "in_transit"]
