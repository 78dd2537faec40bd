"""The number is the picture: squares, 正, postmarks, codes."""

import csv
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from backend.interfaces.look import drawings
from backend.needs.rules import pieces_per_square


def widths(cells: list[drawings.Cell], css: str) -> float:
    return sum(float(re.match(r".*h([\d.]+)v", cell.d)[1]) for cell in cells if cell.css == css)  # type: ignore[index]


def test_a_need_of_120_quilts_is_24_squares_of_five() -> None:
    cells = drawings.cells(120, 84, 39)
    assert pieces_per_square(120) == 5
    assert [sum(1 for cell in cells if cell.css == css) for css in "ct"] == [8, 7]
    assert widths(cells, "c") == pytest.approx(39 / 5 * 10)


@given(
    wanted=st.integers(1, 20_000),
    given_part=st.floats(0, 1),
    counted_part=st.floats(0, 1),
)
def test_at_most_24_squares_and_each_colour_as_wide_as_its_number(
    wanted: int, given_part: float, counted_part: float
) -> None:
    promised = int(wanted * given_part)
    counted = int(promised * counted_part)
    cells = drawings.cells(wanted, promised, counted)
    places = {re.match(r"M(\d+)", cell.d)[1] for cell in cells if cell.css != "t"}  # type: ignore[index]
    assert len(places) <= 24
    assert widths(cells, "c") == pytest.approx(counted / pieces_per_square(wanted) * 10, abs=1.3)


def test_nothing_is_drawn_beyond_what_is_wanted() -> None:
    assert widths(drawings.cells(10, 50, 50), "c") == 100


@pytest.mark.parametrize(("number", "strokes"), [(0, []), (4, [4]), (5, [5]), (13, [5, 5, 3])])
def test_tally_signs_have_five_strokes(number: int, strokes: list[int]) -> None:
    assert drawings.strokes(number) == strokes


def render(source: str, **names: object) -> str:
    return Template("{% load look %}" + source).render(Context(names))


def test_an_unknown_drawing_is_a_plain_carton() -> None:
    assert drawings.symbols()["g-box"].inner in render("{% goods 'g-zeppelin' %}")
    assert drawings.symbols()["g-quilt"].inner in render("{% goods 'g-quilt' %}{% icon 'late' %}")


def test_a_postmark_says_place_day_and_minute_of_the_place() -> None:
    at = datetime(2026, 11, 23, 2, 52, tzinfo=UTC)
    mark = render("{% postmark place at %}", place="贵州<安龙>", at=at)
    assert "2026.11.23" in mark and "10时52分" in mark and "贵州&lt;安龙&gt;" in mark


def test_a_code_is_drawn_with_attributes_alone() -> None:
    code = render("{% qr text %}", text="https://example.org/c/7f3a")
    assert 'role="img"' in code and "style=" not in code and "<script" not in code


def test_every_kind_of_goods_of_the_demonstration_is_drawn(settings: Any) -> None:
    rows = csv.DictReader((settings.BASE_DIR / "fixtures" / "goods" / "items.csv").open(encoding="utf-8"))
    assert {row["drawing"] for row in rows} <= set(drawings.symbols())
