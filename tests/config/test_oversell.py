"""What is scarce is given exactly once: a short run of `make oversell`, and that its eyes are open."""

from dataclasses import replace

import pytest

from backend.config.proofs.oversell import Account, Gift, Refusal, false_sold_outs, stocks
from tests.config.proof import proof


def test_a_short_run_over_two_web_processes() -> None:
    told = proof("oversell", ROUNDS="4", SEED="4", BUYERS="16", MOST="40", WEBS="2")
    assert told["exact"] and told["given"] == told["stock"] > 40 and told["refusals"] >= 4 * 16


@pytest.mark.parametrize(
    ("gifts", "refusals", "wrong"),
    [
        ([Gift(1.0, 1), Gift(2.0, 2)], [Refusal(2.5, 1)], 0),
        ([Gift(1.0, 1)], [Refusal(2.0, 1), Refusal(0.5, 1)], 1),  # one piece was left, and was given later
        ([Gift(3.0, 1)], [Refusal(2.0, 3)], 0),  # three were not left, one was
        ([Gift(3.0, 1), Gift(3.5, 2)], [Refusal(2.0, 3)], 1),
        ([Gift(2.0, 1)], [Refusal(2.0, 1)], 0),  # sent while the refusal was on its way
        ([], [Refusal(0.0, 1)], 0),
    ],
)
def test_a_refusal_is_false_when_enough_is_given_to_those_who_came_later(
    gifts: list[Gift], refusals: list[Refusal], wrong: int
) -> None:
    assert false_sold_outs(gifts, refusals) == wrong


@pytest.mark.parametrize(
    "wrong",
    [{"oversold": 1}, {"left_over": 1}, {"false_sold_out": 1}, {"wrong_counters": 1}, {"odd": [500]}, {"given": 9}],
)  # fmt: skip
def test_nothing_else_than_exactly_the_stock_is_exact(wrong: dict[str, int]) -> None:
    sound = Account(stock=10, given=10, gifts=8, refusals=64)
    assert sound.exact and not replace(sound, **wrong).exact  # type: ignore[arg-type]


def test_stocks_go_from_one_to_the_most() -> None:
    drawn = stocks(200, 1_000, 1)
    assert drawn[:2] == [1, 1_000] and len(drawn) == 200 and min(drawn) == 1 and max(drawn) == 1_000
    assert stocks(200, 1_000, 1) == drawn != stocks(200, 1_000, 2)
