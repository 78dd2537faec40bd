"""What the shop reads: the most urgent first, what is left, the nearest equal need."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.needs import queries
from tests import factories
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def village() -> factories.Village:
    return factories.Village()


def test_the_most_urgent_is_first_and_what_is_fully_given_last(village: factories.Village) -> None:
    soon = factories.appeal(village.charity, factories.recipient(), needed_on=later(days=2).date())
    factories.need(soon, village.item, wanted=10)
    full = factories.appeal(village.charity, factories.recipient(), needed_on=later(days=1).date())
    factories.need(full, village.item, wanted=10, reserved=10)
    numbers = [card.number for card in queries.open_appeals(at=MONDAY)]
    assert numbers == [soon.number, village.appeal.number, full.number]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "closed"},
        {"starts_at": MONDAY + timedelta(days=1)},
        {"ends_at": MONDAY},
    ],
)
def test_an_appeal_that_takes_no_gifts_is_not_listed(
    village: factories.Village, fields: dict[str, Any]
) -> None:
    hidden = factories.appeal(village.charity, factories.recipient(), **fields)
    need = factories.need(hidden, village.item)
    assert [card.number for card in queries.open_appeals(at=MONDAY)] == [village.appeal.number]
    assert queries.count_open_appeals(at=MONDAY) == 1
    shown = queries.need_cards(public_ids=[need.public_id], at=MONDAY).get(need.public_id)
    assert shown is None or shown.left == 0


def test_chips_and_the_map_narrow_the_list(village: factories.Village) -> None:
    far = factories.recipient(township_code="522328107000", township="龙山镇")
    food = factories.appeal(village.charity, far)
    factories.need(food, factories.item("大米", "袋", category="food"))
    factories.need(food, village.item)
    assert [c.number for c in queries.open_appeals(at=MONDAY, category="food")] == [food.number]
    assert queries.open_appeals(at=MONDAY, category="food")[0].needs[0].category == "food"
    assert [c.number for c in queries.open_appeals(at=MONDAY, township="522328107000")] == [food.number]
    assert queries.count_open_appeals(at=MONDAY, category="warmth") == 2


def test_a_stopped_need_has_nothing_left_and_is_missing_nowhere(village: factories.Village) -> None:
    stopped = factories.need(village.appeal, factories.item("雨靴", "双"), wanted=50, stopped_at=MONDAY)
    assert queries.need_cards(public_ids=[stopped.public_id], at=MONDAY)[stopped.public_id].left == 0
    assert queries.totals(at=MONDAY) == queries.Totals(1, 170, 0, 0, 120)
    assert [t.missing for t in queries.missing_by_township(at=MONDAY)] == [120]


def test_the_nearest_equal_need_is_the_same_item_nearby(village: factories.Village) -> None:
    def ask(lon: float, **fields: Any) -> str:
        appeal = factories.appeal(village.charity, factories.recipient(lon=lon))
        return factories.need(appeal, fields.pop("item", village.item), **fields).public_id

    far, near = ask(105.9), ask(105.43)
    ask(105.42, wanted=5, reserved=5)
    ask(105.42, stopped_at=MONDAY)
    ask(105.42, item=factories.item("雨靴", "双"))
    found = [need.public_id for need in queries.nearest_equal(public_id=village.need.public_id, at=MONDAY)]
    assert found == [near, far]
    assert queries.nearest_equal(public_id="nee_unknown", at=MONDAY) == []


def test_an_appeal_discloses_what_the_law_asks(village: factories.Village) -> None:
    page = queries.appeal_page(public_id=village.appeal.public_id, at=MONDAY)
    assert page is not None
    assert page.disclosure.filing_no == "演示备案-0001"
    assert page.disclosure.certificate_no == "演示证-0001"
    assert page.card.needs[0].left == 120


def test_a_draft_is_nobodys_to_see(village: factories.Village) -> None:
    draft = factories.appeal(village.charity, factories.recipient(), state="draft")
    assert queries.appeal_page(public_id=draft.public_id, at=MONDAY) is None
    assert queries.appeal_page(public_id="apl_unknown", at=MONDAY) is None


def test_thirty_appeals_cost_as_many_queries_as_one(
    village: factories.Village, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(2):
        queries.open_appeals(at=MONDAY, limit=50)
    for _ in range(29):
        factories.need(factories.appeal(village.charity, factories.recipient()), village.item)
    with django_assert_num_queries(2):
        assert len(queries.open_appeals(at=MONDAY, limit=50)) == 30
