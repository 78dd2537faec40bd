"""A buyer with a list: the cheapest way to get everything, and the truth about what cannot be had."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.sourcing as sourcing
from routing.sourcing import Line, Offer, Pick, Supply, Unsupplied, choose


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
        ([coats()], [offer("a", 1), offer("a", 2)]),
    ],
)
def test_nonsense_is_refused(lines: list[Line], offers: list[Offer]) -> None:
    with pytest.raises(ValueError, match=r"must|range"):
        choose(lines, offers)


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Line], list[Offer], dict[tuple[str, str], int]]:
    lines = [
        Line(f"l{n}", draw(st.sampled_from("xy")), draw(st.integers(1, 4)), draw(st.sampled_from("rs")), 60)
        for n in range(draw(st.integers(1, 2)))
    ]
    offers = [
        Offer(
            f"o{n}",
            draw(st.sampled_from("xy")),
            "s",
            draw(st.sampled_from("vw")),
            draw(st.integers(0, 80)),
            draw(st.integers(1, 3)),
            draw(st.none() | st.integers(0, 5)),
            draw(st.none() | st.just(frozenset("r"))),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    stops = {lane: draw(st.integers(0, 200)) for lane in itertools.product("vw", "rs")}
    return lines, offers, stops


def worth(
    found: dict[tuple[str, str], int], market: tuple[list[Line], list[Offer], dict[tuple[str, str], int]]
) -> tuple[int, int] | None:
    """(units missing, fen) of a choice, or None where it breaks a rule: written anew, from the rules alone."""
    lines, offers, stops = market
    line_of, offer_of = {line.id: line for line in lines}, {item.id: item for item in offers}
    got: dict[str, int] = defaultdict(int)
    used: dict[str, int] = defaultdict(int)
    odd: dict[str, int] = defaultdict(int)
    lanes, fen = set(), 0
    for (line_id, offer_id), count in found.items():
        if not count:
            continue
        line, item = line_of[line_id], offer_of[offer_id]
        if line.item != item.item or item.unit_price > line.ceiling_price:
            return None
        if item.destinations is not None and line.recipient not in item.destinations:
            return None
        got[line_id] += count
        used[offer_id] += count
        odd[line_id] += count % item.pack_size > 0
        lanes.add((item.warehouse, line.recipient))
        fen += count * item.unit_price
    if any(got[line.id] > line.quantity for line in lines) or any(count > 1 for count in odd.values()):
        return None
    if any(item.free is not None and used[item.id] > item.free for item in offers):
        return None
    missing = sum(line.quantity - got[line.id] for line in lines)
    return missing, fen + sum(stops[lane] for lane in lanes)


def as_choice(found: Supply) -> dict[tuple[str, str], int]:
    return {(pick.line, pick.offer): pick.quantity for pick in found.picks}


@settings(max_examples=150, deadline=None)
@given(markets())
def test_no_choice_is_better_than_the_one_made(
    market: tuple[list[Line], list[Offer], dict[tuple[str, str], int]],
) -> None:
    lines, offers, stops = market
    found = choose(lines, offers, stops, seconds=5)
    mine = worth(as_choice(found), market)
    assert found.proved and mine is not None
    assert mine[1] == found.goods_amount + found.stops_amount
    assert mine[0] == sum(item.quantity for item in found.unsupplied)
    pairs = [(line.id, item.id) for line in lines for item in offers if line.item == item.item]
    limit = {line.id: line.quantity for line in lines}
    for counts in itertools.product(*(range(limit[line_id] + 1) for line_id, _ in pairs)):
        other = worth(dict(zip(pairs, counts, strict=True)), market)
        assert other is None or other >= mine


@settings(max_examples=150, deadline=None)
@given(markets())
def test_without_time_the_greedy_choice_keeps_every_rule(
    market: tuple[list[Line], list[Offer], dict[tuple[str, str], int]],
) -> None:
    lines, offers, stops = market
    task = sourcing._Task(lines, offers, stops, 0)
    found = task.supply(task.greedy(), method="greedy", proved=False)
    assert worth(as_choice(found), market) is not None


def test_a_thousand_lines_are_chosen_in_seconds() -> None:
    lines = [Line(f"l{n}", f"i{n % 100}", 1 + n % 7, f"r{n % 40}", 10_000) for n in range(1_000)]
    offers = [
        Offer(f"o{n}", f"i{n % 100}", f"s{n % 8}", f"w{n % 8}", 100 + 37 * n % 900, 1 + n % 3, 40 + n % 50)
        for n in range(300)
    ]
    found = choose(lines, offers, default_stop_price=2_500, seconds=3)
    task = sourcing._Task(lines, offers, {}, 2_500)
    greedy = task.supply(task.greedy(), method="greedy", proved=False)
    assert found.method == "cpsat"
    assert found.goods_amount + found.stops_amount < greedy.goods_amount + greedy.stops_amount
