"""What a choice weighs: the way, small orders, the price of many, the day; and what it never does."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.catalogue.models import Lane, Offer
from backend.catalogue.rules import price_at
from backend.donations.models import FundedLine
from backend.donations.queries import DueLine
from backend.journal.models import Entry
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.operations import learn_stop_prices
from backend.supplier_orders.queries import Supply, supplies
from backend.supplier_orders.rules import gathers_at, usual_stop
from backend.supplier_orders.sourcing import PATIENCE, Chosen, Market, choose
from routing.sourcing import Offer as Priced
from tests.backend.supplier_orders.stories import DUE, gift, pull
from tests.cast import MONDAY, later
from tests.factories import Village, charity, lane, offer, recipient, supplier, warehouse

LINE = DueLine(1, "fun_1", 1, 1, 1, 1, 1, "CNY", 5, 0, 6_800, 6_800, MONDAY)
SUPPLY = Supply(10, 1, 1, 1, 1, None, "live", "CNY", 6_500, 1, None, 0, 3, 0, 0)
CHEAP, DEAR = SUPPLY, replace(SUPPLY, offer=11, supplier=2, warehouse=2, unit_price=6_700)


def chosen(lines: list[DueLine], *offers: Supply, **market: object) -> Chosen:
    known = {"declined": {}, "last": {}, "realms": {1: "live", 2: "live"}, **market}
    return choose(lines, Market(offers, **known))  # type: ignore[arg-type]


def asked(found: Chosen) -> list[tuple[int, int, int]]:
    return sorted((choice.funded_line, choice.offer, choice.quantity) for choice in found.choices)


def test_one_stock_is_not_promised_to_two_charities() -> None:
    other = replace(LINE, funded_line_id=2, charity_id=2)
    found = chosen([LINE, other], replace(CHEAP, free=7), DEAR)
    assert sum(units for _, made, units in asked(found) if made == 10) == 7
    assert sum(units for _, made, units in asked(found) if made == 11) == 3


def test_who_declined_one_line_still_has_the_stop_for_another() -> None:
    """Both lines come from the dear one: the second stop would cost more than the goods save."""
    other = replace(LINE, funded_line_id=2)
    offers = replace(CHEAP, stop_price=2_000), replace(DEAR, stop_price=100)
    found = chosen([LINE, other], *offers, declined={1: {10}})
    assert asked(found) == [(1, 11, 5), (2, 11, 5)]


def test_too_little_for_an_order_waits_and_is_then_asked_all_the_same() -> None:
    small = replace(CHEAP, minimum_amount=40_000)
    found = chosen([LINE], small, patient={1})
    assert (found.choices, found.left, found.waiting) == ([], {}, (1,))
    assert asked(chosen([LINE], small, DEAR, patient={1})) == [(1, 11, 5)]
    found = chosen([LINE], small)
    assert (asked(found), found.left, found.waiting) == ([(1, 10, 5)], {}, ())
    two = [LINE, replace(LINE, funded_line_id=2, quantity=2)]
    assert asked(chosen(two, small, patient={1, 2})) == [(1, 10, 5), (2, 10, 2)]


def test_what_lies_there_counts_towards_a_minimum_with_what_is_asked_beyond_it() -> None:
    few = replace(CHEAP, minimum_amount=30_000, free=4)
    assert asked(chosen([LINE], few, patient={1})) == [(1, 10, 5)]
    two = [LINE, replace(LINE, funded_line_id=2, quantity=1)]
    found = chosen(two, replace(few, free=5), patient={1, 2})
    assert (asked(found), found.waiting) == ([(1, 10, 5), (2, 10, 1)], ())


def test_what_is_made_good_is_taken_from_the_same_stock() -> None:
    broken = replace(LINE, replacement_quantity=2)
    found = chosen([broken], replace(CHEAP, free=4), DEAR, last={1: (77, 10)})
    assert asked(found) == [(1, 10, 2), (1, 10, 2), (1, 11, 1)]


def test_a_supplier_who_comes_in_time_is_worth_a_little_more() -> None:
    line = replace(LINE, needed_on=(MONDAY + timedelta(days=4)).date())
    slow = replace(CHEAP, unit_price=6_690, days_max=9)
    assert asked(chosen([line], slow, DEAR, on=MONDAY.date())) == [(1, 11, 5)]
    assert asked(chosen([LINE], slow, DEAR, on=MONDAY.date())) == [(1, 10, 5)]
    (choice,) = chosen([line], slow, DEAR, on=MONDAY.date()).choices
    assert choice.because is not None and choice.because.why == "time"
    assert (choice.because.instead, choice.because.saved) == (10, 5 * (5 * 68 - 10))


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[DueLine], list[Supply], dict[int, set[int]], set[int]]:
    lines = [
        replace(
            LINE,
            funded_line_id=n,
            charity_id=draw(st.integers(1, 2)),
            recipient_id=draw(st.integers(1, 2)),
            item_id=draw(st.integers(1, 2)),
            quantity=draw(st.integers(1, 9)),
            ceiling_price=draw(st.sampled_from((6_600, 6_800))),
        )
        for n in range(1, draw(st.integers(2, 5)))
    ]
    offers = []
    for number in range(10, 10 + draw(st.integers(1, 4))):
        goods = replace(
            SUPPLY,
            offer=number,
            item=draw(st.integers(1, 2)),
            warehouse=draw(st.integers(1, 2)),
            charity=draw(st.sampled_from((None, None, 2))),
            realm=draw(st.sampled_from(("live", "live", "test"))),
            unit_price=draw(st.sampled_from((6_500, 6_650, 6_900))),
            pack_size=draw(st.sampled_from((1, 4))),
            free=draw(st.sampled_from((None, 0, 3, 12))),
            breaks=draw(st.sampled_from(((), ((5, 6_000),)))),
        )
        offers += [
            replace(
                goods,
                recipient=there,
                stop_price=1_000 * goods.warehouse * there,
                minimum_amount=(0, 0, 20_000)[goods.warehouse],
            )
            for there in draw(st.sampled_from(((1,), (1, 2))))
        ]
    declined = {line.funded_line_id: draw(st.sets(st.integers(10, 13), max_size=2)) for line in lines}
    return lines, offers, declined, draw(st.sets(st.integers(1, 4)))


@settings(max_examples=200, deadline=None)
@given(markets())
def test_whatever_the_market_no_rule_is_broken(
    market: tuple[list[DueLine], list[Supply], dict[int, set[int]], set[int]],
) -> None:
    lines, offers, declined, patient = market
    found = chosen(lines, *offers, declined=declined, patient=patient)
    by_id = {line.funded_line_id: line for line in lines}
    got: dict[int, int] = defaultdict(int)
    goods: dict[tuple[int, int, int], int] = defaultdict(int)
    for choice in found.choices:
        line = by_id[choice.funded_line]
        (there,) = [o for o in offers if (o.offer, o.recipient) == (choice.offer, line.recipient_id)]
        assert there.unit_price <= line.ceiling_price and there.realm == "live"
        assert there.charity in (None, line.charity_id) and there.item == line.item_id
        assert choice.offer not in declined[choice.funded_line] and choice.quantity > 0
        got[choice.funded_line] += choice.quantity
        goods[there.warehouse, line.recipient_id, line.charity_id] += choice.quantity * there.unit_price
    for line in lines:
        open_units = line.quantity - got[line.funded_line_id]
        if line.funded_line_id in found.waiting:
            assert open_units > 0 and line.funded_line_id in patient
        else:
            assert found.left.get(line.funded_line_id, 0) == open_units >= 0
    impatient = {
        (o.warehouse, line.recipient_id, line.charity_id)
        for line in lines
        for o in offers
        if line.funded_line_id not in patient
    }
    for order, amount in goods.items():
        assert order in impatient or amount >= (0, 0, 20_000)[order[0]]
    again = chosen(lines, *offers, declined=declined, patient=patient)
    assert again == found


@given(st.integers(1, 30), st.sampled_from(((), ((2, 90),), ((5, 80), (20, 60)))))
def test_the_order_has_the_price_that_the_choice_reckoned_with(
    units: int, breaks: tuple[tuple[int, int], ...]
) -> None:
    assert price_at(units, 100, breaks) == Priced("o", "i", "s", "w", 100, breaks=breaks).price_at(units)


def test_a_stop_without_experience_costs_its_share_of_the_way() -> None:
    assert usual_stop(0, "plain") == 2_000
    assert usual_stop(50, "hills") == 2_000 + 40 * 72.5
    assert usual_stop(50, "mountains") > usual_stop(50, "hills") > usual_stop(40, "hills")


def test_small_orders_are_looked_at_together() -> None:
    assert gathers_at(later(hours=1)) == gathers_at(later(hours=1, minutes=7)) > later(hours=1)
    assert gathers_at(gathers_at(DUE)) == gathers_at(DUE) + timedelta(hours=6)


# with the tables


@pytest.fixture
def village(db: None) -> Village:
    village = Village()
    village.offer.charity_price = 6_500
    village.offer.save(update_fields=["charity_price"])
    return village


def far_offer(village: Village, price: int) -> Offer:
    """Another supplier, some 100 km further."""
    other = supplier("远处")
    place = warehouse(other, lon=106.4)
    lane(place)
    return offer(village.item, other, place, price=price)


def test_a_near_warehouse_is_worth_a_little_more(village: Village) -> None:
    far_offer(village, price=6_499)
    gift(village, 3)
    (order,) = pull().orders
    assert order.warehouse_id == village.warehouse.pk
    (why,) = Entry.objects.get(kind="order.sent").private["why"]
    assert (why["why"], why["saved"] > 3_000) == ("way", True)
    assert (why["line"], why["offer"]) == (FundedLine.objects.get().public_id, village.offer.public_id)


def test_known_stops_teach_what_the_others_cost(village: Village) -> None:
    known, other = village.recipient, recipient("另一所小学", lon=105.9)
    price = 3 * usual_stop(15, "hills")
    learn_stop_prices(prices={(village.warehouse.pk, known.pk): price}, plan_ref="pln_1", at=DUE)
    found = {
        s.recipient: s.stop_price
        for s in supplies(items={village.item.pk}, recipients={known.pk, other.pk}, at=DUE)
    }
    assert found[known.pk] == price
    assert found[other.pk] > 2 * usual_stop(40, "hills")


def test_a_small_gift_waits_for_others_and_not_longer_than_it_should(village: Village) -> None:
    Lane.objects.update(minimum_amount=30_000)
    first = gift(village, 2)
    done = pull()
    assert (done.orders, done.asked, done.waiting) == ([], [], (first.pk,))
    first.refresh_from_db()
    assert first.due_at == gathers_at(DUE)
    assert pull(DUE + timedelta(minutes=1)).looked == 0
    gift(village, 3)
    (order,) = pull(gathers_at(DUE)).orders
    assert order.items.get().asked == 5
    alone = gift(village, 1)
    assert pull(gathers_at(DUE)).waiting == (alone.pk,)
    alone.refresh_from_db()
    (order,) = pull(MONDAY + PATIENCE + timedelta(days=1)).orders
    assert order.items.get().asked == 1


def test_many_cost_less_each(village: Village) -> None:
    village.offer.price_breaks = [[10, 6_000]]
    village.offer.save(update_fields=["price_breaks"])
    gift(village, 4)
    assert pull().orders[0].items.get().unit_price == 6_500
    gift(village, 6)
    gift(village, 5)
    assert pull().orders[0].items.get().unit_price == 6_000


def test_orders_of_two_charities_stay_apart(village: Village) -> None:
    gift(village, 1)
    second = Village(charity=charity("另一家"), recipient=recipient("第二所小学"))
    gift(second, 1)
    assert len(pull().orders) == SupplierOrder.objects.count() == 2
