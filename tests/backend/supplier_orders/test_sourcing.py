"""Which offer is asked: the cheapest that may, stops included; then the next; then the donor."""

from dataclasses import replace

import pytest
from django.db import transaction

from backend.catalogue.models import Offer
from backend.donations.models import FundedLine, Question
from backend.donations.operations import Choice as Wish
from backend.donations.operations import answer as decide
from backend.donations.operations import reopen_goods
from backend.donations.queries import DueLine
from backend.supplier_orders.models import StopPrice, SupplierOrderLine
from backend.supplier_orders.operations import learn_stop_prices
from backend.supplier_orders.queries import Supply
from backend.supplier_orders.rules import Choice
from backend.supplier_orders.sourcing import Market, choose
from tests.backend.supplier_orders.stories import DUE, answer, gift, ordered, packed, part, pull
from tests.cast import MONDAY, later
from tests.factories import Village, charity, lane, offer, supplier, warehouse

LINE = DueLine(1, "fun_1", 1, 1, 1, 1, 1, "CNY", 5, 0, 6_800, 6_800, MONDAY)
SUPPLY = Supply(10, 1, 1, 1, 1, None, "live", "CNY", 6_500, 1, None, 0, 3, 0, 0)
CHEAP, DEAR = SUPPLY, replace(SUPPLY, offer=11, supplier=2, warehouse=2, unit_price=6_700)


def picked(*offers: Supply, line: DueLine = LINE, **market: dict) -> tuple[list[Choice], dict[int, int]]:
    known = {"declined": {}, "last": {}, "realms": {1: "live"}, **market}
    chosen = choose([line], Market(offers, **known))
    return chosen.choices, chosen.left


@pytest.mark.parametrize(
    ("offers", "wanted"),
    [
        ([DEAR, CHEAP], [(10, 5)]),
        ([replace(CHEAP, unit_price=6_900), DEAR], [(11, 5)]),  # over the ceiling
        ([replace(CHEAP, free=3), DEAR], [(10, 3), (11, 2)]),  # what lies there is known
        ([replace(CHEAP, free=0), DEAR], [(11, 5)]),
        ([replace(CHEAP, realm="test"), DEAR], [(11, 5)]),
        ([replace(CHEAP, charity=2), DEAR], [(11, 5)]),
        ([replace(CHEAP, charity=1), DEAR], [(10, 5)]),
        ([replace(CHEAP, currency="USD"), DEAR], [(11, 5)]),
        ([replace(CHEAP, recipient=2), DEAR], [(11, 5)]),
        ([replace(CHEAP, stop_price=9_000), DEAR], [(11, 5)]),  # the goods are cheaper, the way is not
        ([replace(CHEAP, free=2)], [(10, 5)]),  # nobody else: its supplier confirms or declines
    ],
)
def test_the_cheapest_offer_that_may_is_asked(offers: list[Supply], wanted: list[tuple[int, int]]) -> None:
    choices, left = picked(*offers)
    assert sorted((choice.offer, choice.quantity) for choice in choices) == wanted
    assert left == {}


def test_who_declined_is_not_asked_again() -> None:
    choices, _ = picked(CHEAP, DEAR, declined={1: {10}})
    assert [choice.offer for choice in choices] == [11]
    assert picked(CHEAP, DEAR, declined={1: {10, 11}}) == ([], {1: 5})


def test_what_came_broken_is_made_good_by_its_supplier() -> None:
    line = replace(LINE, quantity=5, replacement_quantity=2)
    choices, left = picked(CHEAP, DEAR, line=line, last={1: (77, 11)})
    assert choices == [Choice(1, 11, 2, replaces=77, replacement=True), Choice(1, 10, 3, replaces=77)]
    assert left == {}
    choices, _ = picked(CHEAP, DEAR, line=line, last={1: (77, 11)}, declined={1: {11}})
    assert choices == [Choice(1, 10, 5, replaces=77)]


# with the tables


@pytest.fixture
def village(db: None) -> Village:
    village = Village()
    village.offer.charity_price = 6_500
    village.offer.save(update_fields=["charity_price"])
    return village


def second_offer(village: Village, price: int = 6_800, name: str = "第二家") -> Offer:
    """Another supplier offers the same item and delivers there."""
    other = supplier(name)
    place = warehouse(other)
    lane(place)
    return offer(village.item, other, place, price=price)


def test_a_supplier_that_does_not_deliver_there_is_not_asked(village: Village) -> None:
    village.lane.delete()
    lane(village.warehouse, to="5301")
    line = gift(village, 2)
    done = pull()
    assert (done.orders, done.asked) == ([], [line.pk])


def test_an_unverified_supplier_is_not_asked(village: Village) -> None:
    village.supplier.verified_at = None
    village.supplier.save(update_fields=["verified_at"])
    gift(village, 2)
    assert pull().orders == []


def test_an_offer_of_another_season_or_charity_is_not_taken(village: Village) -> None:
    village.offer.charity = charity("别的慈善会")
    village.offer.save(update_fields=["charity"])
    gift(village, 1)
    assert pull().orders == []


def test_declined_units_go_to_the_next_offer_at_no_higher_price(village: Village) -> None:
    other = second_offer(village)
    second_offer(village, price=6_801, name="太贵")
    order = ordered(village, 5)
    answer(order, part(order, accepted=2))
    (again,) = pull(later(hours=2)).orders
    item = again.items.get()
    assert (item.offer_id, item.asked) == (other.pk, 3)
    answer(again, part(again, accepted=0))
    done = pull(later(hours=3))
    assert (done.orders, len(done.asked)) == ([], 1)
    question = Question.objects.get()
    assert (question.quantity, question.fallback) == (3, "refund")
    assert question.answer_by > later(hours=3)


def test_while_the_donor_is_asked_nobody_else_is(village: Village) -> None:
    order = ordered(village, 5)
    answer(order, part(order, accepted=0))
    pull(later(hours=2))
    second_offer(village)
    assert pull(later(hours=3)).orders == []


def test_the_word_wait_asks_the_suppliers_again(village: Village) -> None:
    order = ordered(village, 5)
    answer(order, part(order, accepted=0))
    pull(later(hours=2))
    question = Question.objects.get()
    decide(question=question.public_id, choice=Wish.WAIT, actor="user:usr_aming", at=later(hours=3))
    (again,) = pull(later(days=8)).orders
    assert again.items.get().offer_id == village.offer.pk
    answer(again, part(again, accepted=0), at=later(days=8))
    assert pull(later(days=8, hours=1)).orders == []
    assert Question.objects.filter(answer=None).count() == 1


def test_broken_quilts_come_again_at_the_suppliers_cost(village: Village) -> None:
    order = answer(ordered(village, 5))
    packed(order, 5)
    line = FundedLine.objects.get()
    reopen(line, 2)
    (again,) = pull(later(days=3)).orders
    item = again.items.get()
    assert again.replacement and (item.asked, item.unit_price) == (2, 0)
    first, second = SupplierOrderLine.objects.order_by("pk")
    assert (second.replaces_id, second.funded_line_id) == (first.pk, line.pk)


def test_what_a_supplier_will_not_make_good_is_bought_elsewhere(village: Village) -> None:
    other = second_offer(village)
    order = answer(ordered(village, 5))
    packed(order, 5)
    reopen(FundedLine.objects.get(), 2)
    (again,) = pull(later(days=3)).orders
    answer(again, part(again, accepted=0), at=later(days=3))
    (bought,) = pull(later(days=3, hours=1)).orders
    item = bought.items.get()
    assert not bought.replacement
    assert (item.offer_id, item.asked, item.unit_price) == (other.pk, 2, 6_800)
    assert item.lines.get().replaces_id is not None


def reopen(line: FundedLine, quantity: int) -> None:
    with transaction.atomic():
        reopen_goods(
            funded_line=line.pk, quantity=quantity, reason="damaged", actor="org:x", at=later(days=2)
        )


def test_a_plan_teaches_what_a_stop_costs(village: Village) -> None:
    other = second_offer(village)
    lanes = {(village.warehouse.pk, village.recipient.pk): 9_000}
    learn_stop_prices(prices=lanes, plan_ref="pln_1", at=DUE)
    learn_stop_prices(
        prices={**lanes, (other.warehouse_id, village.recipient.pk): 100}, plan_ref="pln_2", at=DUE
    )
    assert set(StopPrice.objects.values_list("amount", "plan_ref")) == {(9_000, "pln_2"), (100, "pln_2")}
    gift(village, 3)
    (order,) = pull().orders
    assert order.supplier_id == other.supplier_id


def test_pulling_many_lines_asks_the_database_as_often_as_one(
    village: Village, django_assert_max_num_queries
) -> None:
    for _ in range(20):
        gift(village, 1)
    with django_assert_max_num_queries(40):
        (order,) = pull().orders
    assert order.items.get().lines.count() == 20
