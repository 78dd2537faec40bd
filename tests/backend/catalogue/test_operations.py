"""Lao Zhou tells what he has and for how much."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from backend.catalogue import operations
from backend.catalogue.models import Item, Lane, Offer, Stock
from backend.catalogue.operations.items import CodeTaken, sort_key
from backend.catalogue.rules import Category
from backend.journal.models import Entry
from backend.kernel.errors import Malformed
from tests import factories
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db
ZHOU = "user:usr_zhou"


def quilt(code: str = "W001", **changes: Any) -> operations.NewItem:
    values: dict[str, Any] = {
        "code": code,
        "names": {"zh-Hans": "棉被"},
        "units": {"zh-Hans": "床"},
        "specs": {},
        "category": Category.WARMTH,
        "grams": 2037,
        "cm3": 8000,
        **changes,
    }
    return operations.NewItem(**values)


def test_items_are_added_all_or_none() -> None:
    operations.add_items(new=[quilt()], actor=ZHOU, at=MONDAY)
    with pytest.raises(CodeTaken):
        operations.add_items(new=[quilt("W002"), quilt("W001")], actor=ZHOU, at=MONDAY)
    assert list(Item.objects.values_list("code", "sort_key")) == [("W001", "mian bei")]
    assert Entry.objects.count() == 1


def test_goods_without_weight_are_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError):
        operations.add_items(new=[quilt(grams=0)], actor=ZHOU, at=MONDAY)


def test_chinese_is_sorted_as_it_is_read() -> None:
    assert sorted(["雨靴", "棉被", "大米"], key=sort_key) == ["大米", "棉被", "雨靴"]


@pytest.mark.parametrize(
    "breaks", [((1, 90),), ((5, 101),), ((5, 90), (5, 80)), ((5, 90), (9, 95)), ((5, 0),)]
)
def test_breaks_rise_in_units_and_fall_in_price(breaks: tuple[tuple[int, int], ...]) -> None:
    zhou = factories.supplier()
    store, item = factories.warehouse(zhou), factories.item()

    def price(*steps: tuple[int, int]) -> Offer:
        new = [operations.NewOffer(item, 100, price_breaks=steps)]
        return operations.price_offers(supplier=zhou, warehouse=store, new=new, actor=ZHOU, at=MONDAY)[0]

    with pytest.raises(Malformed):
        price(*breaks)
    good = price((5, 90), (10, 80))
    good.full_clean()
    good.price_breaks = [["5", 90]]
    with pytest.raises(ValidationError):
        good.full_clean()


def test_a_new_price_ends_the_old_one() -> None:
    zhou = factories.supplier()
    store, item = factories.warehouse(zhou), factories.item()

    def price(fen: int, at: Any) -> Offer:
        new = [operations.NewOffer(item, fen)]
        return operations.price_offers(supplier=zhou, warehouse=store, new=new, actor=ZHOU, at=at)[0]

    first, second = price(6800, MONDAY), price(6500, later(days=2))
    first.refresh_from_db()
    assert (first.charity_price, first.during.lower, first.during.upper) == (6800, MONDAY, later(days=2))
    assert Offer.objects.filter(during__contains=later(days=1)).get() == first
    assert Offer.objects.filter(during__contains=later(days=3)).get() == second


def test_a_market_price_says_where_and_when() -> None:
    zhou = factories.supplier()
    store, item = factories.warehouse(zhou), factories.item()
    with pytest.raises(Malformed):
        operations.price_offers(
            supplier=zhou,
            warehouse=store,
            new=[operations.NewOffer(item, 6800, market_price=8900)],
            actor=ZHOU,
            at=MONDAY,
        )
    with pytest.raises(Malformed):
        operations.price_offers(
            supplier=factories.supplier("演示供应商·别家"), warehouse=store, new=[], actor=ZHOU, at=MONDAY
        )


def told(store: Any, item: Item, on_hand: int, version: int) -> operations.Told:
    level = operations.Level(item, on_hand, version, MONDAY)
    return operations.report_stock(warehouse=store, levels=[level], actor=ZHOU, at=MONDAY)[0]


def test_an_older_report_does_not_undo_a_newer() -> None:
    store, item = factories.warehouse(factories.supplier()), factories.item()
    assert told(store, item, 40, 2) == operations.Told.TAKEN
    assert told(store, item, 99, 1) == operations.Told.STALE
    assert told(store, item, 99, 2) == operations.Told.STALE
    assert told(store, item, 38, 3) == operations.Told.TAKEN
    assert Stock.objects.get().on_hand == 38


def test_a_level_under_what_is_reserved_is_a_shortage_not_an_error() -> None:
    store, item = factories.warehouse(factories.supplier()), factories.item()
    told(store, item, 40, 1)
    Stock.objects.update(reserved=30)
    assert told(store, item, 10, 2) == operations.Told.TAKEN
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved) == (10, 30)


def test_a_lane_is_of_one() -> None:
    store = factories.warehouse(factories.supplier())
    new = [operations.NewLane("522328", 1, 2)]
    operations.open_lanes(warehouse=store, new=new, actor=ZHOU, at=MONDAY)
    with pytest.raises(Malformed):
        operations.open_lanes(warehouse=store, carrier=factories.carrier(), new=new, actor=ZHOU, at=MONDAY)
    with pytest.raises(Malformed):
        operations.open_lanes(new=new, actor=ZHOU, at=MONDAY)
    assert Lane.objects.get().to_division == "522328"
