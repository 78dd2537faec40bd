"""A buyer with a list: the cheapest way to get everything, and the truth about what cannot be had."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.sourcing import Line, Offer, Pick, Reason, Supply, Terms, Unsupplied, choose
from routing.sourcing.choice import supply
from routing.sourcing.greedy import greedy
from routing.sourcing.market import Market


def coats(quantity: int = 10, **changes: object) -> Line:
    return Line(
        **{
            "id": "coats",
            "item": "coat",
            "quantity": quantity,
            "recipient": "school",
            "ceiling_price": 9_000,
            **changes,
        }
    )  # type: ignore[arg-type]


def offer(name: str, price: int, **changes: object) -> Offer:
    return Offer(
        **{
            "id": name,
            "item": "coat",
            "supplier": name,
            "warehouse": f"{name}-store",
            "unit_price": price,
            **changes,
        }
    )  # type: ignore[arg-type]


def test_the_cheaper_coat_wins() -> None:
    found = choose([coats()], [offer("dear", 8_000), offer("cheap", 7_000)])
    assert found.picks == (Pick("coats", "cheap", 10),)
    assert (found.goods_amount, found.method, found.proved) == (70_000, "cpsat", True)


def test_a_dear_stop_outweighs_a_cheap_coat() -> None:
    stops = {("cheap-store", "school"): 20_000, ("dear-store", "school"): 5_000}
    found = choose([coats()], [offer("dear", 8_000), offer("cheap", 7_000)], stops)
    assert [pick.offer for pick in found.picks] == ["dear"]
    assert found.stops_amount == 5_000


def test_a_stop_is_paid_once_for_two_lines() -> None:
    hats = coats(5, id="hats", item="hat")
    offers = [
        offer("both", 8_000),
        offer("both-hat", 800, item="hat", warehouse="both-store"),
        offer("hat", 700, item="hat"),
    ]
    found = choose([coats(), hats], offers, default_stop_price=3_000)
    assert {pick.offer for pick in found.picks} == {"both", "both-hat"}
    assert found.stops_amount == 3_000


def test_a_short_stock_is_shared_between_two_suppliers() -> None:
    found = choose([coats()], [offer("few", 5_000, free=4), offer("more", 6_000)])
    assert found.picks == (Pick("coats", "few", 4), Pick("coats", "more", 6))


def test_stock_is_not_promised_twice() -> None:
    lines = [coats(6), coats(6, id="more coats", recipient="village")]
    found = choose(lines, [offer("only", 5_000, free=8)])
    assert sum(pick.quantity for pick in found.picks) == 8
    assert sum(item.quantity for item in found.unsupplied) == 4


def test_a_line_is_broken_only_where_packs_end() -> None:
    offers = [offer("box", 5_000, pack_size=4, free=9), offer("crate", 6_000, pack_size=6)]
    found = choose([coats(11)], offers)
    quantities = {pick.offer: pick.quantity for pick in found.picks}
    assert sum(quantities.values()) == 11
    odd = [name for name, size in (("box", 4), ("crate", 6)) if quantities.get(name, 0) % size]
    assert len(odd) <= 1


@pytest.mark.parametrize(
    ("offers", "why"),
    [
        ([], "no offer"),
        ([offer("hats", 10, item="hat")], "no offer"),
        ([offer("dear", 9_001)], "price"),
        ([offer("far", 5_000, destinations=frozenset({"town"}))], "area"),
        ([offer("empty", 5_000, free=0)], "stock"),
    ],
)
def test_what_nobody_can_supply_comes_back_with_the_reason(offers: list[Offer], why: str) -> None:
    found = choose([coats()], offers)
    assert found.picks == () and found.unsupplied == (Unsupplied("coats", 10, why),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "offers"),
    [
        ([coats(0)], []),
        ([coats(), coats()], []),
        ([coats()], [offer("a", -1)]),
        ([coats()], [offer("a", 1, pack_size=0)]),
        ([coats()], [offer("a", 1, free=-1)]),
        ([coats(grams=-1)], []),
        ([coats()], [offer("a", 9, breaks=((1, 8),))]),
        ([coats()], [offer("a", 9, breaks=((4, 8), (6, 9)))]),
        ([coats()], [offer("a", 1), offer("a", 2)]),
    ],
)
def test_nonsense_is_refused(lines: list[Line], offers: list[Offer]) -> None:
    with pytest.raises(ValueError, match=r"must|range"):
        choose(lines, offers)


Sold = tuple[list[Line], list[Offer], dict[tuple[str, str], Terms]]


@st.composite
def markets(draw: st.DrawFn) -> Sold:
    lines = [
        Line(
            f"l{n}",
            draw(st.sampled_from("xy")),
            draw(st.integers(1, 4)),
            draw(st.sampled_from("rs")),
            60,
            grams=draw(st.sampled_from((0, 100_000))),
            buyer=draw(st.sampled_from(("", "b"))),
            barred=draw(st.sampled_from((frozenset(), frozenset({"o0"})))),
            days=draw(st.sampled_from((None, 2))),
            late_price=3,
        )
        for n in range(draw(st.integers(1, 2)))
    ]
    offers = []
    for n in range(draw(st.integers(1, 3))):
        price = draw(st.integers(0, 80))
        offers.append(
            Offer(
                f"o{n}",
                draw(st.sampled_from("xy")),
                "s",
                draw(st.sampled_from("vw")),
                price,
                draw(st.integers(1, 3)),
                draw(st.none() | st.integers(0, 5)),
                draw(st.none() | st.just(frozenset("r"))),
                draw(st.sampled_from(((), ((3, price // 2),), ((2, price * 3 // 4), (4, price // 4))))),
            )
        )
    terms = {
        lane: Terms(
            draw(st.integers(0, 200)),
            draw(st.sampled_from((0, 90))),
            draw(st.sampled_from((0, 0, 100))),
            draw(st.integers(0, 4)),
        )
        for lane in itertools.product("vw", "rs")
    }
    return lines, offers, terms


def worth(found: dict[tuple[str, str], int], market: Sold) -> tuple[int, int] | None:
    """(units missing, fen) of a choice, or None where it breaks a rule: written anew, from the rules alone."""
    lines, offers, terms = market
    line_of, offer_of = {line.id: line for line in lines}, {item.id: item for item in offers}
    got: dict[str, int] = defaultdict(int)
    used: dict[str, int] = defaultdict(int)
    odd: dict[str, int] = defaultdict(int)
    many: dict[tuple[str, str, str], int] = defaultdict(int)
    lanes, fen = set(), 0
    for (line_id, offer_id), count in found.items():
        if not count:
            continue
        line, item = line_of[line_id], offer_of[offer_id]
        if line.item != item.item or item.unit_price > line.ceiling_price or item.id in line.barred:
            return None
        if item.destinations is not None and line.recipient not in item.destinations:
            return None
        got[line_id] += count
        used[offer_id] += count
        odd[line_id] += count % item.pack_size > 0
        lane = item.warehouse, line.recipient
        lanes.add(lane)
        many[offer_id, line.recipient, line.buyer] += count
        fen += count * math.floor(line.grams * terms[lane].tonne_price / 1_000_000 + 0.5)
        if line.days is not None and terms[lane].days > line.days:
            fen += count * line.late_price * (terms[lane].days - line.days)
    if any(got[line.id] > line.quantity for line in lines) or any(count > 1 for count in odd.values()):
        return None
    if any(item.free is not None and used[item.id] > item.free for item in offers):
        return None
    orders: dict[tuple[str, str, str], int] = defaultdict(int)
    for (offer_id, recipient, buyer), count in many.items():
        item = offer_of[offer_id]
        price = [item.unit_price, *(cost for least, cost in item.breaks if count >= least)][-1]
        orders[item.warehouse, recipient, buyer] += count * price
    if any(amount < terms[order[:2]].minimum for order, amount in orders.items()):
        return None
    missing = sum(line.quantity - got[line.id] for line in lines)
    return missing, fen + sum(orders.values()) + sum(terms[lane].stop_price for lane in lanes)


def as_choice(found: Supply) -> dict[tuple[str, str], int]:
    return {(pick.line, pick.offer): pick.quantity for pick in found.picks}


@settings(max_examples=250, deadline=None)
@given(markets())
def test_no_choice_is_better_than_the_one_made(market: Sold) -> None:
    lines, offers, terms = market
    found = choose(lines, offers, terms=terms, seconds=5)
    mine = worth(as_choice(found), market)
    assert found.proved and mine is not None
    assert mine == (sum(item.quantity for item in found.unsupplied), found.total)
    assert [(reason.line, reason.offer) for reason in found.reasons] == list(as_choice(found))
    pairs = [(line.id, item.id) for line in lines for item in offers if line.item == item.item]
    limit = {line.id: line.quantity for line in lines}
    for counts in itertools.product(*(range(limit[line_id] + 1) for line_id, _ in pairs)):
        other = worth(dict(zip(pairs, counts, strict=True)), market)
        assert other is None or other >= mine


@settings(max_examples=250, deadline=None)
@given(markets())
def test_without_time_the_simple_rule_keeps_every_rule(market: Sold) -> None:
    lines, offers, terms = market
    asked = Market(lines, offers, {}, 0, terms)
    found = supply(asked, greedy(asked), method="greedy", proved=False)
    simple = worth(as_choice(found), market)
    assert simple == (sum(item.quantity for item in found.unsupplied), found.total)
    best = choose(lines, offers, terms=terms, seconds=5)
    assert (sum(item.quantity for item in best.unsupplied), best.total) <= simple


@settings(max_examples=100, deadline=None)
@given(markets())
def test_a_reason_says_what_the_next_best_would_cost_more(market: Sold) -> None:
    lines, offers, terms = market
    found = choose(lines, offers, terms=terms, seconds=5)
    chosen = as_choice(found)
    for reason in found.reasons:
        moved = dict(chosen)
        units = moved.pop((reason.line, reason.offer))
        if reason.why in ("only", "stock", "minimum"):
            assert reason.saved == 0
            continue
        assert reason.instead is not None
        moved[reason.line, reason.instead] = moved.get((reason.line, reason.instead), 0) + units
        then = worth(moved, market)
        if then is not None:  # packs may forbid it
            assert then == (sum(item.quantity for item in found.unsupplied), found.total + reason.saved)


REASONS: dict[str, tuple[list[Offer], dict[tuple[str, str], Terms], Reason]] = {
    "nobody else": ([offer("a", 50)], {}, Reason("coats", "a", 50, "only")),
    "a lower price": (
        [offer("a", 50), offer("b", 60)],
        {},
        Reason("coats", "a", 50, "price", "b", 100),
    ),
    "the others are out": (
        [offer("a", 50), offer("b", 40, free=0)],
        {},
        Reason("coats", "a", 50, "stock", "b"),
    ),
    "a shorter way": (
        [offer("a", 50), offer("b", 40)],
        {("a-store", "school"): Terms(100), ("b-store", "school"): Terms(900)},
        Reason("coats", "a", 50, "way", "b", 700),
    ),
    "in time": (
        [offer("a", 50), offer("b", 49)],
        {("b-store", "school"): Terms(days=9)},
        Reason("coats", "a", 50, "time", "b", 390),
    ),
    "the price of many": (
        [offer("a", 50, breaks=((10, 30),)), offer("b", 40)],
        {},
        Reason("coats", "a", 30, "break", "b", 100),
    ),
    "the others want more": (
        [offer("a", 50), offer("b", 40)],
        {("b-store", "school"): Terms(minimum=401)},
        Reason("coats", "a", 50, "minimum", "b"),
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_every_choice_says_why(name: str) -> None:
    offers, terms, reason = REASONS[name]
    found = choose([coats(days=5, late_price=10)], offers, terms=terms)
    assert found.reasons == (reason,)


def test_goods_that_share_a_stop_say_so() -> None:
    hats = coats(5, id="hats", item="hat")
    offers = [
        offer("a", 500),
        offer("a-hat", 90, item="hat", warehouse="a-store"),
        offer("b", 80, item="hat"),
    ]
    found = choose([coats(), hats], offers, default_stop_price=3_000)
    assert found.reasons[1] == Reason("hats", "a-hat", 90, "shared", "b", 3_000 - 50)


def test_what_is_too_little_for_an_order_waits_for_more() -> None:
    terms = {("a-store", "school"): Terms(minimum=1_000)}
    assert choose([coats(19)], [offer("a", 50)], terms=terms).unsupplied == (
        Unsupplied("coats", 19, "minimum"),
    )
    assert choose([coats(20)], [offer("a", 50)], terms=terms).unsupplied == ()
    buyers = [coats(10, id="one", buyer="x"), coats(10, id="two", buyer="y")]
    assert len(choose(buyers, [offer("a", 50)], terms=terms).unsupplied) == 2


def test_the_choice_beats_the_simple_rule_where_looking_ahead_pays() -> None:
    """One stop for both things is cheaper than the cheapest offer of each."""
    lines = [coats(), coats(5, id="hats", item="hat")]
    offers = [
        offer("a", 100),
        offer("b", 90, item="hat"),
        offer("both", 110),
        offer("both-hat", 95, item="hat", warehouse="both-store"),
    ]
    terms = {(f"{name}-store", "school"): Terms(3_000) for name in ("a", "b", "both")}
    market = Market(lines, offers, {}, 0, terms)
    simple = supply(market, greedy(market), method="greedy", proved=False)
    found = choose(lines, offers, terms=terms)
    assert (simple.total, found.total) == (1_000 + 450 + 6_000, 1_100 + 475 + 3_000)


def test_many_lines_are_chosen_better_than_by_the_simple_rule() -> None:
    lines = [Line(f"l{n}", f"i{n % 30}", 1 + n % 7, f"r{n % 12}", 10_000) for n in range(60)]
    offers = [
        Offer(f"o{n}", f"i{n % 30}", f"s{n % 8}", f"w{n % 8}", 100 + 37 * n % 900, 1 + n % 3, 40 + n % 50)
        for n in range(60)
    ]
    found = choose(lines, offers, default_stop_price=2_500, seconds=3)
    market = Market(lines, offers, {}, 2_500)
    simple = supply(market, greedy(market), method="greedy", proved=False)
    assert found.method == "cpsat" and found.total < simple.total


def test_the_same_market_is_answered_the_same_twice() -> None:
    lines = [Line(f"l{n}", f"i{n % 10}", 1 + n % 7, f"r{n % 6}", 10_000) for n in range(40)]
    offers = [Offer(f"o{n}", f"i{n % 10}", "s", f"w{n % 4}", 100 + 37 * n % 900) for n in range(30)]
    first, again = (choose(lines, offers, default_stop_price=2_500, seconds=2) for _ in range(2))
    assert first == again
