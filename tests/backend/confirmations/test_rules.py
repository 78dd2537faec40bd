"""How a school's count of many quilts is settled and spread over the gifts that bought them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.confirmations.rules import (
    FATES,
    ConfirmationState,
    Counted,
    Found,
    Settlement,
    settle,
    spread,
    state_of,
)

numbers = st.integers(0, 60)


def test_the_oldest_gift_is_served_first_and_the_newest_goes_short() -> None:
    assert spread(Counted(39, missing=1), [3, 30, 7]) == [Counted(3), Counted(30), Counted(6, missing=1)]


def test_broken_goods_fall_before_the_missing_ones() -> None:
    assert spread(Counted(2, damaged=1, missing=1), [2, 1, 1]) == [
        Counted(2),
        Counted(0, damaged=1),
        Counted(0, missing=1),
    ]


def test_a_count_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        spread(Counted(3), [2])


@st.composite
def counts_and_lines(draw: st.DrawFn) -> tuple[Counted, list[int]]:
    quantities = draw(st.lists(st.integers(1, 30), min_size=1, max_size=12))
    left, fates = sum(quantities), []
    for _ in FATES[1:]:
        fates.append(draw(st.integers(0, left)))
        left -= fates[-1]
    return Counted(left, *fates), quantities


@given(counts_and_lines())
def test_spreading_keeps_every_unit_and_serves_in_order(given_: tuple[Counted, list[int]]) -> None:
    count, quantities = given_

    lines = spread(count, quantities)

    assert [line.total for line in lines] == quantities
    for fate in FATES:
        assert sum(getattr(line, fate) for line in lines) == getattr(count, fate)
    short = [i for i, line in enumerate(lines) if line.lacking]
    served = [i for i, line in enumerate(lines) if line.received]
    assert (
        not short or not served or max(served) <= min(short)
    )  # nobody newer is served before somebody older
    fates_in_order = [fate for line in lines for fate in FATES if getattr(line, fate)]
    assert fates_in_order == sorted(fates_in_order, key=FATES.index)


@given(numbers, numbers, numbers, numbers, numbers, st.integers(1, 40))
def test_whatever_a_phone_says_is_settled_to_what_was_shipped(
    received: int, damaged: int, wrong: int, expired: int, missing: int, quantity: int
) -> None:
    found = Found("oit_1", received, damaged, wrong, expired, missing)

    count, surplus = settle(found, quantity)

    assert count.total == quantity and min(getattr(count, fate) for fate in FATES) >= 0
    assert surplus == max(received + damaged + wrong + expired - quantity, 0)
    assert count.received <= received and count.damaged <= damaged


@pytest.mark.parametrize(
    ("found", "count", "surplus"),
    [
        (Found("q", 40), Counted(40), 0),
        (Found("q", 39), Counted(39, missing=1), 0),
        (Found("q", 38, damaged=1), Counted(38, damaged=1, missing=1), 0),
        (Found("q", 41), Counted(40), 1),
        (Found("q", 40, damaged=1), Counted(39, damaged=1), 1),
        (Found("q", 0, missing=3), Counted(0, missing=40), 0),
    ],
)
def test_how_a_count_is_settled(found: Found, count: Counted, surplus: int) -> None:
    assert settle(found, 40) == (count, surplus)


def test_only_a_whole_count_is_complete() -> None:
    assert state_of([Counted(3), Counted(2)]) is ConfirmationState.COMPLETE
    assert state_of([Counted(3), Counted(2, missing=1)]) is ConfirmationState.DISCREPANCY
    assert state_of([Counted(3)], surplus=1) is ConfirmationState.DISCREPANCY


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9_000), st.integers(1, 9_000)), max_size=8))
def test_money_out_of_gifts_is_what_was_given_and_money_to_suppliers_is_the_price(
    parts: list[tuple[int, int, int]],
) -> None:
    due = Settlement()
    for units, given_price, order_price in parts:
        due = due.plus(units=units, given_price=given_price, order_price=order_price)

    assert due.from_gifts + due.saved == due.given
    assert due.from_gifts + due.topped_up == due.price
    assert not (due.saved and due.topped_up)
