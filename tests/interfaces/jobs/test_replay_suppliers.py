"""A supplier's system packs boxes that one person can lift, and dates what perishes."""

from typing import Any

import pytest

from backend.interfaces.jobs.replay.suppliers import BOX_CM3, BOX_GRAMS, SupplierSystem, goods_by_sku
from tests.cast import MONDAY

GOODS = goods_by_sku()


def boxes(sku: str, accepted: int, packed: int = 0, *, expires: bool = False) -> list[dict[str, Any]]:
    item = {
        "id": "itm_1",
        "sku": sku,
        "accepted": accepted,
        "backordered": 0,
        "packed": packed,
        "needs_expiry_date": expires,
    }
    zhou = SupplierSystem("http://127.0.0.1:1", "演示供应商·普坪被服", "zs_test_x", 1, GOODS)
    try:
        return list(zhou._boxes({"items": [item]}, MONDAY))
    finally:
        zhou.close()


@pytest.mark.parametrize(("sku", "accepted"), [("W001", 100), ("C008", 300), ("F001", 7), ("H004", 1)])
def test_everything_accepted_is_in_a_box_that_can_be_lifted(sku: str, accepted: int) -> None:
    packed = boxes(sku, accepted)
    assert sum(box["items"][0]["quantity"] for box in packed) == accepted
    for box in packed:
        quantity = box["items"][0]["quantity"]
        assert box["grams"] == quantity * GOODS[sku].grams and box["cm3"] == quantity * GOODS[sku].cm3
        assert quantity == 1 or (box["grams"] <= BOX_GRAMS and box["cm3"] <= BOX_CM3)


def test_a_thing_too_large_for_a_box_travels_alone() -> None:
    assert [box["items"][0]["quantity"] for box in boxes("L002", 3)] == [1, 1, 1]  # mattresses


def test_what_is_packed_already_is_not_packed_again() -> None:
    assert boxes("W001", 5, packed=5) == []
    assert sum(box["items"][0]["quantity"] for box in boxes("W001", 5, packed=2)) == 3


def test_what_perishes_has_a_date() -> None:
    assert (
        boxes("F020", 1, expires=True)[0]["items"][0]["expires_on"] == "2028-05-16"
    )  # milk powder, 540 days
    assert "expires_on" not in boxes("W001", 1)[0]["items"][0]
