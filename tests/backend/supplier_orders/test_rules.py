"""Answers that add up, losses that fall on the newest gift, and the clock that runs in working hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.supplier_orders.rules import (
    ItemAnswer,
    OrderAction,
    Policy,
    RequestStatus,
    answer_problems,
    check_sign,
    lose,
    order_actions,
    respond_by,
    serve,
    slip_number,
    status_after,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINES = st.lists(st.integers(0, 500), min_size=1, max_size=40)


@given(LINES, st.data())
def test_what_is_spread_adds_up_and_the_oldest_gift_is_served_first(
    lines: list[int], data: st.DataObject
) -> None:
    quantity = data.draw(st.integers(0, sum(lines)))
    parts = serve(quantity, lines)
    assert sum(parts) == quantity and all(0 <= p <= n for p, n in zip(parts, lines, strict=True))
    short = [i for i, (p, n) in enumerate(zip(parts, lines, strict=True)) if p < n]
    assert not short or all(part == 0 for part in parts[short[0] + 1 :])


@given(LINES, st.data())
def test_a_loss_leaves_what_serving_the_rest_would_give(lines: list[int], data: st.DataObject) -> None:
    quantity = data.draw(st.integers(0, sum(lines)))
    kept = [n - lost for n, lost in zip(lines, lose(quantity, lines), strict=True)]
    assert kept == serve(sum(lines) - quantity, lines)


@pytest.mark.parametrize("quantity", [-1, 4])
def test_more_than_there_is_cannot_be_spread(quantity: int) -> None:
    with pytest.raises(ValueError, match="hold less"):
        serve(quantity, [1, 2])


def codes(rows: list[ItemAnswer], policy: Policy = Policy.FILL_AVAILABLE) -> list[tuple[str, str]]:
    problems = answer_problems(rows, {"quilt": 5, "lamp": 2}, policy, NOON)
    return [(problem.pointer, problem.code) for problem in problems]


LAMPS = ItemAnswer("lamp", accepted=2)


def test_an_answer_that_adds_up_stands() -> None:
    later = NOON + timedelta(days=2)
    mixed = ItemAnswer("quilt", 2, 2, 1, expected_at=later, reason="no_stock")
    assert codes([mixed, LAMPS]) == []


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        (ItemAnswer("quilt", accepted=4), "/items/0", "does_not_add_up"),
        (ItemAnswer("quilt", accepted=6), "/items/0", "does_not_add_up"),
        (ItemAnswer("quilt", accepted=6, rejected=-1), "/items/0", "negative"),
        (ItemAnswer("quilt", accepted=4, rejected=1), "/items/0/reason", "reason"),
        (ItemAnswer("quilt", accepted=4, backordered=1), "/items/0/expected_at", "expected_at"),
        (ItemAnswer("quilt", 4, 1, expected_at=NOON), "/items/0/expected_at", "expected_at"),
        (ItemAnswer("tent", accepted=5), "/items/0/item", "unknown_item"),
    ],
)
def test_what_is_wrong_is_pointed_at(row: ItemAnswer, pointer: str, code: str) -> None:
    assert (pointer, code) in codes([row, LAMPS])


def test_every_item_is_answered_and_none_twice() -> None:
    assert codes([LAMPS]) == [("/items", "unanswered")]
    quilts = ItemAnswer("quilt", accepted=5)
    assert codes([quilts, LAMPS, LAMPS]) == [("/items/2/item", "twice")]


SOON = NOON + timedelta(days=1)
ALL = [ItemAnswer("quilt", accepted=5), LAMPS]
NONE = [ItemAnswer("quilt", rejected=5, reason="r"), ItemAnswer("lamp", rejected=2, reason="r")]
LATER = [ItemAnswer("quilt", 3, 2, expected_at=SOON), LAMPS]
SOME = [ItemAnswer("quilt", accepted=3, rejected=2, reason="r"), LAMPS]


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (Policy.FILL_OR_KILL, [ALL, NONE]),
        (Policy.FILL_ALL, [ALL, NONE, LATER]),
        (Policy.FILL_AVAILABLE, [ALL, NONE, LATER, SOME]),
    ],
)
def test_a_policy_says_which_answers_there_are(policy: Policy, allowed: list[list[ItemAnswer]]) -> None:
    for rows in (ALL, NONE, LATER, SOME):
        assert (codes(rows, policy) == []) == (rows in allowed)


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([(5, 0), (2, 0)], RequestStatus.ACCEPTED),
        ([(5, 0), (0, 2)], RequestStatus.PARTIALLY_ACCEPTED),
        ([(0, 5), (0, 2)], RequestStatus.REJECTED),
    ],
)
def test_the_status_follows_from_the_quantities(rows: list[tuple[int, int]], status: RequestStatus) -> None:
    assert status_after(rows) is status


@pytest.mark.parametrize("status", RequestStatus)
def test_what_may_be_done_follows_from_the_state(status: RequestStatus) -> None:
    taken = status in (RequestStatus.ACCEPTED, RequestStatus.PARTIALLY_ACCEPTED)
    wanted = [OrderAction.PACK, OrderAction.GIVE_BACK] if taken else []
    if status is RequestStatus.SUBMITTED:
        wanted = [OrderAction.ANSWER]
    assert order_actions(status, 3) == wanted
    assert order_actions(status, 0) == ([] if taken else wanted)


ZONE = ZoneInfo("Asia/Shanghai")
DAY = [(9 * 60, 12 * 60), (14 * 60, 18 * 60)]
WEEK = [DAY] * 5 + [[], []]


@pytest.mark.parametrize(
    ("sent", "hours", "due"),
    [
        ("2026-11-23T09:00", 3, "2026-11-23T12:00"),
        ("2026-11-23T10:00", 4, "2026-11-23T16:00"),  # over the noon rest
        ("2026-11-23T17:00", 2, "2026-11-24T10:00"),  # over the night
        ("2026-11-27T17:00", 8, "2026-11-30T18:00"),  # over the week-end
        ("2026-11-28T11:00", 1, "2026-11-30T10:00"),
        ("2026-11-23T05:00", 7, "2026-11-23T18:00"),
    ],
)
def test_an_answer_is_due_in_working_hours(sent: str, hours: int, due: str) -> None:
    at = datetime.fromisoformat(sent).replace(tzinfo=ZONE)
    assert respond_by(at, WEEK, hours) == datetime.fromisoformat(due).replace(tzinfo=ZONE)


@pytest.mark.parametrize("hours", [[], [[]] * 7])
def test_who_has_no_hours_answers_by_the_plain_clock(hours: list[list[tuple[int, int]]]) -> None:
    at = datetime(2026, 11, 23, 20, tzinfo=ZONE)
    assert respond_by(at, hours, 24) == at + timedelta(hours=24)


@given(st.integers(1, 2**30 - 2))
def test_numbers_differ_and_tell_no_order(row: int) -> None:
    number = slip_number("D", row)
    assert len(number) == 9 and number != slip_number("D", row + 1)
    signs = number[1:4] + number[5:8]
    assert number[8] == check_sign(signs)


@given(st.integers(1, 2**30 - 1), st.integers(0, 5), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_misread_sign_is_noticed(row: int, place: int, sign: str) -> None:
    number = slip_number("X", row)
    signs = number[1:4] + number[5:8]
    misread = signs[:place] + sign + signs[place + 1 :]
    assert (check_sign(misread) == number[8]) == (misread == signs)


@pytest.mark.parametrize(
    ("closed", "due"),
    [
        ([], "2026-11-25T10:00"),
        ([("2026-11-24T00:00", "2026-11-25T00:00")], "2026-11-26T10:00"),  # a whole day
        ([("2026-11-23T12:00", "2026-11-23T14:00")], "2026-11-25T12:00"),  # over lunch
        ([("2026-11-20T00:00", "2026-11-23T11:00")], "2026-11-25T11:00"),  # shut when the order came
        ([("2026-11-26T00:00", "2026-12-26T00:00")], "2026-11-25T10:00"),  # after the answer
    ],
)
def test_the_clock_stands_still_while_the_warehouse_is_closed(
    closed: list[tuple[str, str]], due: str
) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)

    week = [[(9 * 60, 18 * 60)]] * 7
    spans = [(moment(a), moment(b)) for a, b in closed]
    assert respond_by(moment("2026-11-23T10:00"), week, 18, spans) == moment(due)
