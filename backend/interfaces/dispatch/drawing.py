"""Geometry of the dispatcher's drawings: the schematic map, the day as a strip, the gap, how full. No Django."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.deliveries.queries import LeftOut, PlanRoute, PlanSheet, PlanStop
from backend.deliveries.rules import StopKind
from backend.interfaces.look import schematic
from backend.interfaces.look.schematic import Cell

LANES = "abc"


def lane(index: int) -> str:
    """Colour and shape of the n-th vehicle: a blue circle, b kraft square, c plum diamond, then again."""
    return LANES[index % len(LANES)]


@dataclass(frozen=True)
class Text:
    """Words at a point; `css` is rt, mid, sub, strong or badge."""

    x: float
    y: float
    css: str
    words: str


@dataclass(frozen=True)
class Shape:
    """One SVG path."""

    css: str
    d: str


@dataclass(frozen=True)
class RouteMap:
    """The map in pixels of its view box: lines below, then shapes, then words."""

    width: int
    height: int
    hub_x: int
    hub_y: int
    lines: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]


def badge(of: str, x: float, y: float, r: float = 11) -> str:
    """The vehicle's sign around a number: circle, square or diamond."""
    if of == "a":
        return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
    if of == "b":
        side = r - 1
        return f"M{x - side:g} {y - side:g}h{2 * side:g}v{2 * side:g}h{-2 * side:g}z"
    long = r + 3
    return f"M{x:g} {y - long:g}l{long:g} {long:g}-{long:g} {long:g}-{long:g}-{long:g}z"


def bend(a: Cell, b: Cell) -> str:
    """From `a` straight, then at 45 degrees into `b`, as the second half of a path."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    slant = min(abs(dx), abs(dy))
    sx, sy = math.copysign(slant, dx), math.copysign(slant, dy)
    return f"l{dx - sx:g} {dy - sy:g}l{sx:g} {sy:g}"


def route_map(sheet: PlanSheet, names: Mapping[str, str], whys: Mapping[str, str]) -> RouteMap | None:
    """The plan's map; `names` are the places' short names, `whys` a word under each left-out place.

    None where there is nothing to draw.
    """
    if not sheet.routes:
        return None
    home = sheet.routes[0].home
    seen = {s.place.public_id: s.place for route in sheet.routes for s in route.stops}
    seen |= {row.place.public_id: row.place for row in sheet.left}
    seen.pop(home.public_id, None)
    places = [schematic.Place(p.public_id, names[p.public_id], p.lon, p.lat) for p in seen.values()]
    hub = schematic.Place(home.public_id, names[home.public_id], home.lon, home.lat)
    base = schematic.draw(hub, places)
    at = {drawn.place.key: (drawn.x, drawn.y) for drawn in base.places}
    at[home.public_id] = (base.hub_x, base.hub_y)
    labels = [Text(d.label_x, d.label_y, d.anchor, d.place.name) for d in (*base.places, base.hub_label)]
    visited = {s.place.public_id for route in sheet.routes for s in route.stops}
    left = [row for row in sheet.left if row.place.public_id not in visited]
    under = {d.place.key: d for d in base.places}
    return RouteMap(
        base.width,
        base.height,
        base.hub_x,
        base.hub_y,
        tuple(_line(n, route, at) for n, route in enumerate(sheet.routes)),
        (*_boxes(sheet.routes, at), *_badges(sheet.routes, at), *_hollow(left, at)),
        (*labels, *_numbers(sheet.routes, at), *_why_words(left, under, whys)),
    )


def _line(index: int, route: PlanRoute, at: Mapping[str, Cell]) -> Shape:
    shift = (-1) ** index * ((index + 1) // 2) * 4  # parallel ways stay apart
    points = [at[route.home.public_id], *(at[stop.place.public_id] for stop in route.stops)]
    moved = [(x + shift, y + shift) for x, y in points]
    bends = "".join(bend(a, b) for a, b in itertools.pairwise(moved))
    return Shape(f"ln ln-{lane(index)}", f"M{moved[0][0]} {moved[0][1]}{bends}")


def _boxes(routes: Sequence[PlanRoute], at: Mapping[str, Cell]) -> Iterable[Shape]:
    """A carton for each warehouse."""
    for key in dict.fromkeys(
        s.place.public_id for route in routes for s in route.stops if s.kind is StopKind.PICKUP
    ):
        x, y = at[key]
        yield Shape("box", f"M{x - 10} {y - 9}h20v18h-20z")
        yield Shape("tape", f"M{x} {y - 9}v7")


def _spots(
    routes: Sequence[PlanRoute], at: Mapping[str, Cell]
) -> Iterable[tuple[str, PlanStop, float, float]]:
    """Where each delivery's badge stands; a place visited twice has them side by side."""
    met: dict[str, int] = {}
    for index, route in enumerate(routes):
        for stop in route.deliveries:
            key = stop.place.public_id
            x, y = at[key]
            yield lane(index), stop, x + 22 * met.get(key, 0), y
            met[key] = met.get(key, 0) + 1


def _badges(routes: Sequence[PlanRoute], at: Mapping[str, Cell]) -> Iterable[Shape]:
    for of, _, x, y in _spots(routes, at):
        yield Shape(f"f-{of}", badge(of, x, y))


def _numbers(routes: Sequence[PlanRoute], at: Mapping[str, Cell]) -> Iterable[Text]:
    for _, stop, x, y in _spots(routes, at):
        yield Text(x, y + 5, "badge", str(stop.number))


def _hollow(left: Sequence[LeftOut], at: Mapping[str, Cell]) -> Iterable[Shape]:
    for key in dict.fromkeys(row.place.public_id for row in left):
        x, y = at[key]
        yield Shape("stop out", f"M{x - 9} {y - 9}h18v18h-18z")


def _why_words(
    left: Sequence[LeftOut], drawn: Mapping[str, schematic.Drawn], whys: Mapping[str, str]
) -> Iterable[Text]:
    for key in dict.fromkeys(row.place.public_id for row in left if row.place.public_id in whys):
        spot = drawn[key]
        yield Text(spot.label_x, spot.label_y + 14, f"sub {spot.anchor}".strip(), whys[key])


# the day

CHART_WIDTH, CHART_LEFT, ROW = 760, 34, 70
TIGHT_SECONDS = 30 * 60


@dataclass(frozen=True)
class DayChart:
    """The vehicles' day: hours across, one row a vehicle."""

    height: int
    grid: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    now_x: float | None = None


def day_chart(
    routes: Sequence[PlanRoute], names: Mapping[str, str], clock: Mapping[int, str], now: datetime
) -> DayChart | None:
    """A strip for each vehicle; `clock` words the full hours (by hour of the day)."""
    if not routes:
        return None
    scale = _Scale(min(r.leaves for r in routes), max(r.returns for r in routes))
    height = 30 + ROW * len(routes)
    grid = [Shape("grid", f"M{scale.x(hour):.1f} 26v{height - 34}") for hour in scale.hours]
    words = [Text(scale.x(hour), 18, "sub mid", clock[hour.hour]) for hour in scale.hours]
    rows = [_row(n, route, scale, names) for n, route in enumerate(routes)]
    inside = scale.start <= now <= scale.end
    return DayChart(
        height,
        tuple(grid),
        tuple(shape for shapes, _ in rows for shape in shapes),
        (*words, *(text for _, texts in rows for text in texts)),
        round(scale.x(now), 1) if inside else None,
    )


class _Scale:
    """Minutes to pixels, from the full hour before to the full hour after."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.start = first.replace(minute=0, second=0, microsecond=0)
        span = (last - self.start).total_seconds()
        self.count = max(2, math.ceil(span / 3600))
        self.hours = [self.start + timedelta(hours=n) for n in range(self.count + 1)]
        self.end = self.hours[-1]

    def x(self, at: datetime) -> float:
        share = (at - self.start).total_seconds() / (self.count * 3600)
        return CHART_LEFT + share * (CHART_WIDTH - CHART_LEFT - 24)


def _tight(stop: PlanStop) -> bool:
    """Whether the hours of a place shape the tour: a wait for its gate, or little time before it shuts."""
    if stop.window is None:
        return False
    waits = stop.start > stop.arrival
    return waits or (stop.window[1] - stop.start).total_seconds() < TIGHT_SECONDS


def _row(
    index: int, route: PlanRoute, scale: _Scale, names: Mapping[str, str]
) -> tuple[list[Shape], list[Text]]:
    y, of = 60 + ROW * index, lane(index)
    left, right = scale.x(route.leaves), scale.x(route.returns)
    shapes = [
        Shape(f"ln-{of} drive", f"M{left:.1f} {y}H{right:.1f}"),
        Shape(f"ln-{of} drive", f"M{left:.1f} {y - 6}v12M{right:.1f} {y - 6}v12"),
    ]
    texts = [Text(4, y + 5, "strong", route.sign)]
    free = 0.0
    for stop in route.stops:
        begin, end = scale.x(stop.start), max(scale.x(stop.departure), scale.x(stop.start) + 15)
        if stop.window and _tight(stop):
            low, high = (
                max(scale.x(stop.window[0]), CHART_LEFT),
                min(scale.x(stop.window[1]), CHART_WIDTH - 4),
            )
            shapes.append(Shape("win", f"M{low:.1f} {y - 17}H{high:.1f}v34H{low:.1f}z"))
        css = f"f-{of}" if stop.kind is StopKind.DELIVERY else "cap"
        shapes.append(Shape(css, f"M{begin:.1f} {y - 12}H{end:.1f}v24H{begin:.1f}z"))
        badge_css = "badge" if stop.kind is StopKind.DELIVERY else "mid"
        texts.append(Text(round((begin + end) / 2, 1), y + 5, badge_css, str(stop.number)))
        name = names[stop.place.public_id]
        if begin >= free:
            texts.append(Text(round(begin, 1), y + 33, "sub", name))
            free = begin + schematic.text_width(name) * 12 / 14 + 6
    return shapes, texts


# how near to the best, and how full

GAP_LEFT, GAP_RIGHT = 52.0, 282.0
GAP_WORDS = 90.0


@dataclass(frozen=True)
class GapChart:
    """The plan as a green bar, the bound dashed, the space between pale."""

    bound_x: float
    plan_x: float
    apart: bool  # there is room for a word under each


def gap_chart(bound: int | None, cost: int) -> GapChart | None:
    """Positions of bound and plan; the scale begins at four fifths of the cost, or at the bound where lower."""
    if bound is None or cost <= 0:
        return None
    low = min(bound, cost * 4 // 5)
    reach = max(cost - low, 1)
    x = GAP_LEFT + (bound - low) / reach * (GAP_RIGHT - GAP_LEFT)
    return GapChart(round(x, 1), GAP_RIGHT, apart=GAP_RIGHT - x > GAP_WORDS)


@dataclass(frozen=True)
class Fill:
    """How full one vehicle gets, as widths of its bar."""

    sign: str
    of: str
    y: int
    used: float
    room: float
    grams: int
    limit: int
    volume: int  # per cent of the cargo room


def fills(routes: Sequence[PlanRoute]) -> list[Fill]:
    """Bars by weight, the largest vehicle 185 wide."""
    most = max((route.capacity.grams for route in routes), default=1)
    return [
        Fill(
            route.sign,
            lane(n),
            8 + 34 * n,
            round(185 * route.peak.grams / most, 1),
            round(185 * route.capacity.grams / most, 1),
            route.peak.grams,
            route.capacity.grams,
            round(100 * route.peak.cm3 / route.capacity.cm3),
        )
        for n, route in enumerate(routes)
    ]
