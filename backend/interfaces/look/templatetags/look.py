"""Filters and tags of every page: `{% load look %}`. What they say is in words.py and drawings.py."""

import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import segno
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from backend.interfaces.look import drawings, mail, states, words
from backend.needs.rules import pieces_per_square

register = template.Library()

register.filter("money", words.money)
register.filter("price", words.price)
register.filter("number", words.number)
register.filter("word", words.name)
register.filter("place", words.place)
register.filter("place_there", words.place_there)
register.filter("count", words.count)
register.filter("day", words.day)
register.filter("day_week", words.day_week)
register.filter("full_day", words.full_day)
register.filter("weekday", words.weekday)
register.filter("clock", words.clock)
register.filter("moment", words.moment)
register.filter("phrases", words.title)

KINDS: dict[str, Callable[[Any], str]] = {
    "moment": words.moment,
    "day": words.day,
    "day_week": words.day_week,
    "full_day": words.full_day,
    "clock": words.clock,
}


@register.filter
def unit(units: Any, quantity: int = 1) -> str:
    """{{ item.units|unit }}床, {{ item.units|unit:36 }} quilts"""
    return words.unit(units, quantity)


@register.simple_tag
def things(quantity: int, names: Any, units: Any) -> str:
    """{% things item.quantity item.names item.units %}: 棉被3床, Quilt × 3"""
    return words.things(quantity, names, units)


@register.simple_tag
def when(at: datetime | date | None, kind: str = "moment") -> SafeString | str:
    """{% when gift.paid_at %} or {% when day "day_week" %}: a <time> element."""
    return words.stamp(at, KINDS[kind](at)) if at else ""


def _drawing(symbol_id: str, css: str) -> SafeString:
    symbol = drawings.symbols().get(symbol_id) or drawings.symbols()["g-box"]
    return format_html(
        '<svg class="{}" viewBox="{}" aria-hidden="true">{}</svg>', css, symbol.box, mark_safe(symbol.inner)
    )


@register.simple_tag
def icon(name: str, css: str = "i") -> SafeString:
    """{% icon "late" %}, always beside a word"""
    return _drawing(f"i-{name}", css)


@register.simple_tag
def goods(name: str, size: str = "") -> SafeString:
    """{% goods item.drawing %}; an unknown drawing is a plain carton"""
    name = name or "box"
    symbol_id = name if name.startswith("g-") else f"g-{name}"
    return _drawing(symbol_id, f"goods goods--{size}" if size else "goods")


def _paths(cells: list[drawings.Cell]) -> SafeString:
    return format_html_join("", '<path class="{}" d="{}"/>', ((cell.css, cell.d) for cell in cells))


@register.simple_tag
def squares(wanted: int, given: int, counted: int) -> SafeString:
    """The squares alone; the sentence below them belongs to <c-cells>."""
    paths = _paths(drawings.cells(wanted, given, counted))
    return format_html('<svg class="cells" viewBox="0 0 287 11" aria-hidden="true">{}</svg>', paths)


@register.simple_tag
def square(css: str) -> SafeString:
    """One square of the legend: c counted, g given, m missing."""
    share = {"c": (1, 1, 1), "g": (1, 1, 0), "m": (1, 0, 0)}[css]
    paths = _paths(drawings.cells(*share))
    return format_html('<svg class="cells" viewBox="0 0 11 11" aria-hidden="true">{}</svg>', paths)


@register.simple_tag
def square_size(wanted: int) -> int:
    return pieces_per_square(wanted)


@register.simple_tag
def tally(number: int) -> SafeString:
    """正 by 正, for counted goods alone. From 200 on the number says it better than 40 正."""
    if not 0 < number < 200:
        return mark_safe("")
    symbols = drawings.symbols()
    signs = format_html_join(
        "",
        "{}",
        (
            (mark_safe(f'<svg viewBox="0 0 24 24">{symbols[f"t-{n}"].inner}</svg>'),)
            for n in drawings.strokes(number)
        ),
    )
    return format_html('<span class="tally" aria-hidden="true">{}</span>', signs)


@register.inclusion_tag("look/postmark.html")
def postmark(place: str, at: datetime) -> dict[str, Any]:
    """The postmark of a clean count: place, date, minute. For good news alone."""
    local = words.local(at)
    on = f"{local.year}.{local.month:02d}.{local.day:02d}"
    hour = {"zh-Hans": "时", "zh-Hant": "時"}.get(words.language(), "")
    clock = f"{local.hour}{hour}{local.minute:02d}分" if hour else words.clock(at)
    pm = f"pm{zlib.crc32(f'{place}{at}'.encode())}"
    return {"id": pm, "place": place, "on": on, "clock": clock, "chinese": words.is_chinese()}


@register.simple_tag
def state_word(of: str) -> str:
    return str(states.STATES[states.Shown(of)].word)


@register.simple_tag
def state_icon(of: str) -> SafeString:
    return icon(states.STATES[states.Shown(of)].icon)


@register.simple_tag
def qr(text: str, label: str = "") -> SafeString:
    """A QR code as SVG with attributes only, readable in both themes (always dark on white)."""
    code = segno.make(text, error="m", micro=False)
    size = code.symbol_size(border=4)[0]
    rows = enumerate(code.matrix_iter(border=4))
    d = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">'
        '<path class="qr__paper" d="M0 0h{0}v{0}H0z"/><path class="qr__ink" d="{2}"/></svg>',
        size, label or gettext("二维码"), d,
    )  # fmt: skip


@register.simple_tag
def page_language() -> str:
    """What stands in <html lang>: zh-Hans, zh-Hant or en."""
    return words.language()


NOTE_ICONS = {
    "good": "counted",
    "late": "late",
    "short": "short",
    "bad": "declined",
    "money": "refunded",
}


@register.simple_tag
def note_icon(kind: str, name: str = "") -> SafeString:
    return icon(name or NOTE_ICONS.get(kind, "info"))


@register.tag
def letter(parser: Any, token: Any) -> "LetterNode":
    """{% letter %}...{% endletter %}: the page inside as mail programs read it, all styles in place."""
    nodes = parser.parse(("endletter",))
    parser.delete_first_token()
    return LetterNode(nodes)


class LetterNode(template.Node):
    def __init__(self, nodes: template.NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: template.Context) -> SafeString:
        return mark_safe(mail.inlined(self.nodelist.render(context)))
