"""How numbers, money, days and names are said to each reader."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from backend.interfaces.look import words

LATE_EVENING_UTC = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)  # already the 24th in Anlong
QUILTS = {"zh-Hans": "床", "zh-Hant": "床", "en": "quilt"}


def said(language: str, speak: Callable[[], str]) -> str:
    with translation.override(language):
        return str(speak())


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh-hans", "11月24日（周二）"), ("zh-hant", "11月24日（週二）"), ("en", "Tue 24 Nov")],
)
def test_the_day_is_the_day_of_the_school_not_of_greenwich(language: str, expected: str) -> None:
    assert said(language, lambda: words.day_week(LATE_EVENING_UTC)) == expected


@pytest.mark.parametrize(("language", "expected"), [("zh-hans", "11月24日1:05"), ("en", "24 Nov 1:05")])
def test_a_moment_has_no_leading_zero_in_its_hour(language: str, expected: str) -> None:
    assert said(language, lambda: words.moment(LATE_EVENING_UTC)) == expected


@pytest.mark.parametrize(
    ("first", "last", "chinese", "english"),
    [
        (date(2026, 12, 1), date(2026, 12, 4), "12月1日至4日", "1 to 4 Dec"),
        (date(2026, 11, 27), date(2026, 12, 2), "11月27日至12月2日", "27 Nov to 2 Dec"),
        (date(2026, 12, 1), date(2026, 12, 1), "12月1日", "1 Dec"),
    ],
)
def test_a_promise_is_a_range_of_days(first: date, last: date, chinese: str, english: str) -> None:
    assert said("zh-hans", lambda: words.days_between(first, last)) == chinese
    assert said("en", lambda: words.days_between(first, last)) == english


@pytest.mark.parametrize(
    ("fen", "short", "full"),
    [(6800, "¥68", "¥68.00"), (6460, "¥64.60", "¥64.60"), (146_300_005, "¥1,463,000.05", "¥1,463,000.05"),
     (-300, "-¥3", "-¥3.00"), (0, "¥0", "¥0.00")],
)  # fmt: skip
def test_fen_are_shown_only_where_there_are_any_or_in_price_tables(fen: int, short: str, full: str) -> None:
    assert (words.money(fen), words.price(fen)) == (short, full)


@pytest.mark.parametrize(
    ("quantity", "language", "expected"),
    [(36, "zh-hans", "36床"), (36, "en", "36 quilts"), (1, "en", "1 quilt"), (1286, "zh-hant", "1,286床")],
)
def test_things_are_counted_with_their_measure_word(quantity: int, language: str, expected: str) -> None:
    assert said(language, lambda: words.count(quantity, QUILTS)) == expected


@pytest.mark.parametrize(
    ("chinese", "english", "short"),
    [
        ("龙广镇", "Longguang Town", "Longguang"),
        ("招堤街道", "Zhaodi Subdistrict", "Zhaodi"),
        ("百口乡", "Baikou Township", "Baikou"),
        ("龙安村委会", "Long'an Village", "Long'an"),
        ("新乡", "Xinxiang", "Xinxiang"),
        ("", "", ""),
    ],
)
def test_a_township_is_spelled_for_those_who_read_no_chinese(chinese: str, english: str, short: str) -> None:
    assert said("en", lambda: words.place(chinese)) == english
    assert said("en", lambda: words.place_short(chinese)) == short
    assert said("en", lambda: words.place_there(chinese)) == (f"{english} ({chinese})" if chinese else "")
    for spoken in (words.place, words.place_short, words.place_there):
        assert said("zh-hans", lambda spoken=spoken: spoken(chinese)) == chinese


def test_a_township_is_written_in_traditional_signs() -> None:
    assert said("zh-hant", lambda: words.place("龙广镇")) == "龍廣鎮"


def test_a_thing_is_named_with_its_number() -> None:
    names = {"zh-Hans": "棉被", "en": "Quilt"}
    assert said("zh-hans", lambda: words.things(3, names, QUILTS)) == "棉被3床"
    assert said("en", lambda: words.things(3, names, QUILTS)) == "Quilt × 3"


@pytest.mark.parametrize(
    ("one", "many"),
    [("box", "boxes"), ("battery", "batteries"), ("shelf", "shelves"), ("scarf", "scarves"),
     ("tray", "trays"), ("scales", "scales"), ("torch", "torches"), ("", "")],
)  # fmt: skip
def test_english_measure_words_have_a_plural(one: str, many: str) -> None:
    assert words.plural(one) == many


def test_an_irregular_plural_stands_behind_the_bar() -> None:
    assert said("en", lambda: words.count(2, {"zh-Hans": "尺", "en": "foot|feet"})) == "2 feet"


def test_a_name_that_was_never_translated_is_said_in_chinese() -> None:
    assert said("en", lambda: words.name({"zh-Hans": "示范小学"})) == "示范小学"
    assert said("zh-hant", lambda: words.name({"zh-Hans": "示范小学", "en": "Demo"})) == "示范小学"
    assert words.name(None) == ""


def test_a_title_breaks_at_the_ends_of_its_phrases_and_is_escaped() -> None:
    assert words.title("示范小学（者贵村）：住校生<过冬>") == (
        "示范小学<wbr>（者贵村）：<wbr>住校生&lt;过冬&gt;"
    )


def test_the_filters_say_the_same_as_the_functions() -> None:
    page = Template(
        "{% load look %}{{ fen|money }} {{ n|count:units }} {% when at %} {{ units|unit:2 }} {{ n|number }}"
    )
    with translation.override("en"):
        text = page.render(Context({"fen": 6460, "n": 1286, "units": QUILTS, "at": LATE_EVENING_UTC}))
    assert text == (
        '¥64.60 1,286 quilts <time datetime="2026-11-24T01:05+08:00">24 Nov 1:05</time> quilts 1,286'
    )
