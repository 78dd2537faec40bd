"""Price truth: the cheapest price in force, with the market price, its source and its day."""

from datetime import timedelta

import pytest

from backend.catalogue.queries import PriceFact, price_facts
from tests import factories
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


def test_the_cheapest_price_in_force_stands_with_its_market_price() -> None:
    village = factories.Village()
    day = MONDAY.date()
    factories.offer(
        village.item,
        village.supplier,
        village.warehouse,
        price=6_460,
        market_price=8_900,
        market_source={"zh-Hans": "比价网（演示）"},
        market_on=day,
    )
    factories.offer(
        village.item,
        village.supplier,
        village.warehouse,
        price=5_000,
        during=(MONDAY - timedelta(days=9), MONDAY),
    )
    factories.offer(village.item, village.supplier, village.warehouse, price=1, charity=village.charity)
    facts = price_facts(items=[village.item.public_id, "itm_unknown"], at=MONDAY)
    assert facts == {village.item.public_id: PriceFact(6_460, 8_900, {"zh-Hans": "比价网（演示）"}, day)}
