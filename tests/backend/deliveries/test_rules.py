"""Loading, reach, hours and tariffs as plain arithmetic."""

from datetime import date

import pytest

from backend.deliveries import tokens
from backend.deliveries.rules import (
    classes_allowed,
    midnight,
    moment,
    service_seconds,
    tariff,
    urgency,
    window_at,
)

TUESDAY = date(2026, 11, 24)
HOURS = [[(480, 690), (840, 1020)]] * 5 + [[], []]


@pytest.mark.parametrize(("grams", "seconds"), [(0, 0), (25_000, 60), (250_000, 600)])
def test_twenty_five_kilograms_a_minute(grams: int, seconds: int) -> None:
    assert service_seconds(grams) == seconds


@pytest.mark.parametrize(("grams", "fen"), [(1, 1_200), (1_000, 1_200), (1_001, 1_400), (10_000, 3_000)])
def test_a_carrier_takes_its_base_and_every_begun_kilogram(grams: int, fen: int) -> None:
    assert tariff(1_000, 200, grams) == fen


@pytest.mark.parametrize(
    ("accesses", "classes"),
    [
        ([], None),
        ([("small_only", "")], ["microvan"]),
        ([("closed", "")], []),
        ([("closed", "truck_52")], ["microvan", "truck_42"]),
        ([("closed", ""), ("open", "microvan")], ["microvan"]),
        ([("small_only", ""), ("open", "")], None),
    ],
)
def test_which_vehicles_get_there(accesses: list[tuple[str, str]], classes: list[str] | None) -> None:
    assert classes_allowed(accesses) == classes


@pytest.mark.parametrize(
    ("waited", "left", "points"),
    [(0, None, 0), (3, None, 15), (30, None, 50), (0, 0, 50), (3, 4, 45), (0, 90, 0)],
)
def test_long_waits_and_near_dates_go_first(waited: int, left: int | None, points: int) -> None:
    assert urgency(waited, left) == points


@pytest.mark.parametrize(
    ("minute", "window"), [(500, (480, 690)), (690, (480, 690)), (700, (840, 1020)), (1_100, None)]
)
def test_the_window_of_a_visit(minute: int, window: tuple[int, int] | None) -> None:
    assert window_at(HOURS, 0, minute) == window
    assert window_at([], 0, minute) is None


def test_the_plans_clock_starts_at_midnight_where_the_vans_are() -> None:
    assert midnight(TUESDAY, "Asia/Shanghai").isoformat() == "2026-11-24T00:00:00+08:00"
    assert moment(TUESDAY, 8 * 3600, "Asia/Shanghai").hour == 8


def test_a_code_fits_its_drop_alone() -> None:
    digest = tokens.code_digest("drp_a", "042137")
    assert tokens.code_matches("drp_a", " 042 137", digest)
    assert not tokens.code_matches("drp_b", "042137", digest)
    assert not tokens.code_matches("drp_a", "042138", digest)
    assert not tokens.code_matches("drp_a", "042137", None)
    assert b"042137" not in digest


def test_codes_are_six_digits_and_differ() -> None:
    codes = {tokens.new_code() for _ in range(50)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 45


def test_a_link_that_somebody_changed_is_not_ours() -> None:
    token = tokens.link_token("drp_a", 3)
    assert tokens.read_link(token) == ("drp_a", 3)
    assert tokens.read_link(token.replace("-3", "-4")) is None
    assert tokens.read_link("nonsense") is None
    assert tokens.read_link("") is None
