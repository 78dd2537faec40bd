"""Numbers, money, days and names as the reader of the page writes them.

The language is the active one of the request (zh-hans, zh-hant or en), days and clocks are those of the
deployment's zone. Names and measure words arrive as dictionaries by language, zh-Hans always among them.
"""

import functools
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from opencc import OpenCC
from pypinyin import lazy_pinyin

from backend.kernel.money import yuan

# gettext would spread twelve months and seven days over every catalogue; this is all of them
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACES = {"街道": "Subdistrict", "镇": "Town", "乡": "Township", "村委会": "Village", "村": "Village"}
DAYS_ZH = "一二三四五六日"
KEYS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
# a phrase ends after its last sign, or before an opening bracket
PHRASE = re.compile("（?[^，：；、。）—（]*[，：；、。）—]+|（?[^，：；、。）—（]+")


def language() -> str:
    """The reader's language as the key of our dictionaries: zh-Hans, zh-Hant or en."""
    return KEYS.get((translation.get_language() or "zh-hans").lower(), "zh-Hans")


def is_chinese() -> bool:
    return language() != "en"


def money(fen: int) -> str:
    """¥68; fen only where there are any: ¥64.60."""
    return yuan(fen)


def price(fen: int) -> str:
    """With fen always, for the rows of a price table: ¥68.00."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def number(value: int) -> str:
    """1,286"""
    return f"{value:,}"


def name(names: Mapping[str, Any] | str | None) -> str:
    """The reader's word out of a dictionary by language; Chinese where there is no other."""
    if isinstance(names, str):
        return names
    if not names:
        return ""
    word = names.get(language())
    if word is None and language() == "zh-Hant":
        word = names.get("zh-Hans")
    return str(word or names.get("zh-Hans") or next(iter(names.values()), ""))


def unit(units: Mapping[str, str] | str | None, quantity: int = 1) -> str:
    """The measure word: 床, quilt, quilts. An irregular English plural stands behind a bar: "foot|feet"."""
    one, _, many = name(units).partition("|")
    if quantity == 1 or is_chinese():
        return one
    return many or plural(one)


def plural(word: str) -> str:
    """The regular English plural: boxes, batteries, shelves, quilts; pairs of things (scales) stay."""
    if word.endswith(("x", "z", "ch", "sh", "ss")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("lf", "arf")):
        return word[:-1] + "ves"
    return word if not word or word.endswith("s") else word + "s"


def count(quantity: int, units: Mapping[str, str] | str | None) -> str:
    """36床, 36 quilts, 1 quilt"""
    word = unit(units, quantity)
    gap = "" if is_chinese() or not word else " "
    return f"{quantity:,}{gap}{word}"


def place(chinese: str) -> str:
    """A place that only its own language names: 龙广镇, 龍廣鎮, Longguang Town."""
    if language() == "zh-Hant":
        return _traditional(chinese)
    if is_chinese() or not chinese:
        return chinese
    bare, kind = _place_parts(chinese)
    return f"{_spelled(bare)} {kind}".strip()


def place_short(chinese: str) -> str:
    """A place on a map, where there is little room: 龙广镇, Longguang."""
    return place(chinese) if is_chinese() else _spelled(_place_parts(chinese)[0])


def place_there(chinese: str) -> str:
    """A place for those who go there and read its signs: 龙广镇, Longguang Town (龙广镇)."""
    return place(chinese) if is_chinese() or not chinese else f"{place(chinese)} ({chinese})"


def _place_parts(chinese: str) -> tuple[str, str]:
    """龙广镇: 龙广 and Town. A place of one sign keeps its suffix: 新乡 is no township."""
    for suffix, kind in PLACES.items():
        if chinese.endswith(suffix) and len(chinese) > len(suffix) + 1:
            return chinese.removesuffix(suffix), kind
    return chinese, ""


def _spelled(chinese: str) -> str:
    """Pinyin as places are written: Longguang, Long'an."""
    parts = lazy_pinyin(chinese)
    return "".join(
        f"'{part}" if n and part[:1] in "aoe" else part for n, part in enumerate(parts)
    ).capitalize()


@functools.cache
def _traditional(chinese: str) -> str:
    # signs alone: a dictionary of Taiwanese phrases would rename places
    return str(OpenCC("s2t").convert(chinese))


def things(quantity: int, names: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """棉被3床, Quilt × 3"""
    if is_chinese():
        return name(names) + count(quantity, units)
    return f"{name(names)} × {quantity:,}"


def zone() -> ZoneInfo:
    """The deployment's zone: days, clocks and school days are its days."""
    return ZoneInfo(settings.ZONE)


def local(at: datetime) -> datetime:
    return at.astimezone(zone())


def _date(on: date | datetime) -> date:
    return local(on).date() if isinstance(on, datetime) else on


def weekday(on: date | datetime) -> str:
    """周二, 週二, Tue"""
    day_of_week = _date(on).weekday()
    if not is_chinese():
        return DAYS[day_of_week]
    return ("週" if language() == "zh-Hant" else "周") + DAYS_ZH[day_of_week]


def day(on: date | datetime) -> str:
    """11月24日, 24 Nov"""
    on = _date(on)
    return f"{on.month}月{on.day}日" if is_chinese() else f"{on.day} {MONTHS[on.month - 1]}"


def day_week(on: date | datetime) -> str:
    """11月24日（周二）, Tue 24 Nov"""
    return f"{day(on)}（{weekday(on)}）" if is_chinese() else f"{weekday(on)} {day(on)}"


def full_day(on: date | datetime) -> str:
    """2026年11月24日, 24 Nov 2026"""
    on = _date(on)
    return f"{on.year}年{day(on)}" if is_chinese() else f"{day(on)} {on.year}"


def clock(at: datetime) -> str:
    """9:10, on the 24-hour clock"""
    at = local(at)
    return f"{at.hour}:{at.minute:02d}"


def moment(at: datetime) -> str:
    """11月24日9:10, 24 Nov 9:10"""
    return day(at) + ("" if is_chinese() else " ") + clock(at)


def days_between(first: date, last: date) -> str:
    """12月1日至4日, 1 to 4 Dec; one day stays one day"""
    if first == last:
        return day(first)
    same = (first.year, first.month) == (last.year, last.month)
    if is_chinese():
        return f"{day(first)}至" + (f"{last.day}日" if same else day(last))
    return (str(first.day) if same else day(first)) + f" to {day(last)}"


def title(text: str) -> SafeString:
    """A title that breaks at the ends of its phrases and nowhere else (with word-break: keep-all)."""
    parts = PHRASE.findall(str(text))
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


def stamp(at: datetime | date, text: str) -> SafeString:
    """A <time> element that says `text` and carries the exact moment."""
    exact = local(at).isoformat(timespec="minutes") if isinstance(at, datetime) else at.isoformat()
    return format_html('<time datetime="{}">{}</time>', exact, conditional_escape(text))
