"""Lines over time as an SVG that needs nothing else: one panel per measure, direct labels, no legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

INK, FAINT, RULE, SHEET = "#16261f", "#586860", "#d8ddd1", "#fdfefb"
COLOURS = ("#0e5c43", "#25529a", "#8a4a06", "#654272", "#0f646d", "#a2321d", "#7a4e22", "#4e5c55")
WIDE, HIGH, LEFT, RIGHT, TOP, BETWEEN = 960, 190, 64, 190, 74, 46
FONT = "system-ui, 'Noto Sans CJK SC', sans-serif"


@dataclass(frozen=True)
class Panel:
    """`lines`: values by name at the moments of `seconds`."""

    title: str
    unit: str
    seconds: Sequence[float]
    lines: Mapping[str, Sequence[float]]


def svg(title: str, words: str, panels: Sequence[Panel]) -> str:
    """`words`: one line below the title that says what ran, when and where."""
    height = TOP + len(panels) * (HIGH + BETWEEN)
    drawn = [_panel(panel, TOP + n * (HIGH + BETWEEN)) for n, panel in enumerate(panels)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" font-family="{FONT}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDE}" height="{height}" fill="{SHEET}"/>',
            _text(LEFT, 28, title, size=17, weight=600),
            _text(LEFT, 48, words, size=12, fill=FAINT),
            *drawn,
            "</svg>",
        ]
    )


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    fill: str = INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _panel(panel: Panel, top: float) -> str:
    """From zero up, so that nothing looks steeper than it is."""
    most = _round_up(max((value for values in panel.lines.values() for value in values), default=1))
    end = max(panel.seconds, default=1) or 1
    right, bottom = WIDE - RIGHT, top + HIGH

    def x(second: float) -> float:
        return LEFT + (right - LEFT) * second / end

    def y(value: float) -> float:
        return bottom - (HIGH - 22) * value / most

    parts = [_text(LEFT, top + 10, f"{panel.title}, {panel.unit}", size=13, weight=600)]
    for share in (0, 0.5, 1):
        level = y(most * share)
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}" stroke="{RULE}"/>')
        parts.append(_text(LEFT - 8, level + 4, f"{most * share:g}", fill=FAINT, anchor="end"))
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            _text(
                x(end * share),
                bottom + 16,
                f"{round(end * share / 60, 1):g} min",
                fill=FAINT,
                anchor="middle",
            )
        )
    taken: list[float] = []
    ordered = sorted(panel.lines.items(), key=lambda line: -(line[1][-1] if line[1] else 0))
    for number, (name, values) in enumerate(ordered):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in zip(panel.seconds, values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        place = _free(y(values[-1]) + 4 if values else bottom, taken)
        parts.append(
            _text(right + 8, place, f"{name} {_number(values[-1])}" if values else name, fill=colour)
        )
    return "\n".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _free(wanted: float, taken: list[float]) -> float:
    """The next place below that no other label has."""
    while any(abs(wanted - other) < 13 for other in taken):
        wanted += 1
    taken.append(wanted)
    return wanted


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 8 or 10 times a power of ten."""
    power = 1.0
    while value > power * 10:
        power *= 10
    while value <= power and power > 0.001:
        power /= 10
    return next(power * step for step in (1, 2, 4, 5, 8, 10) if power * step >= value)
