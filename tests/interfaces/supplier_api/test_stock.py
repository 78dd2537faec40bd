"""A supplier's system tells what lies in its warehouse."""

import pytest

from tests.backend.supplier_orders.stories import ordered
from tests.factories import Village, item, supplier, warehouse
from tests.interfaces.supplier_api.caller import System, key_for

pytestmark = pytest.mark.django_db
AS_OF = "2026-11-23T01:00:00Z"


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def system(village: Village) -> System:
    return System(key_for(village.supplier.organisation))


def row(village: Village, **fields: object) -> dict:
    return {
        "location": village.warehouse.public_id,
        "sku": village.item.code,
        "on_hand": 70,
        "as_of": AS_OF,
        "version": 2,
        **fields,
    }


def test_each_row_has_a_result_of_its_own(village: Village, system: System) -> None:
    elsewhere = warehouse(supplier("别家"))
    rows = [
        row(village),
        row(village, sku="NOPE"),
        row(village, location=elsewhere.public_id),
        row(village, sku=item("灯").code, version=1),
        row(village, as_of="2099-01-01T00:00:00Z", version=9),
    ]
    found = system.post("/stock", {"rows": rows}).json()["rows"]
    assert [(r["outcome"], r["code"]) for r in found] == [
        ("updated", ""),
        ("refused", "unknown_sku"),
        ("refused", "unknown_location"),
        ("updated", ""),
        ("refused", "as_of_in_the_future"),
    ]
    assert village.warehouse.stocks.get(item=village.item).on_hand == 70
    assert not elsewhere.stocks.exists()


def test_an_older_version_changes_nothing(village: Village, system: System) -> None:
    system.post("/stock", {"rows": [row(village, version=5, on_hand=9)]})
    found = system.post("/stock", {"rows": [row(village, version=4)]}).json()["rows"]
    assert (found[0]["outcome"], found[0]["code"]) == ("stale", "version_is_old")
    assert village.warehouse.stocks.get().on_hand == 9


def test_of_one_item_twice_in_a_batch_the_last_version_counts(village: Village, system: System) -> None:
    rows = [row(village, version=7, on_hand=7), row(village, version=6, on_hand=6)]
    found = system.post("/stock", {"rows": rows}).json()["rows"]
    assert [r["outcome"] for r in found] == ["updated", "stale"]
    assert village.warehouse.stocks.get().on_hand == 7


def test_less_than_is_promised_is_told_as_a_shortage(village: Village, system: System) -> None:
    ordered(village, 5)
    found = system.post("/stock", {"rows": [row(village, on_hand=3)]}).json()["rows"]
    assert (found[0]["outcome"], found[0]["short"]) == ("updated", 2)


@pytest.mark.parametrize("rows", [0, 501])
def test_a_batch_has_1_to_500_rows(village: Village, system: System, rows: int) -> None:
    refused = system.post("/stock", {"rows": [row(village)] * rows})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rows")
