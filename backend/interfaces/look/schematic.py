"""A schematic map: places on a grid, a tree of roads at 0, 45 and 90 degrees, labels that do not collide.

It shows order and direction, never a border or a scale. Arithmetic alone; positions are WGS-84.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Cell = tuple[int, int]
Rect = tuple[float, float, float, float]
CELL, MARGIN, BOX = 36, 44, 24


@dataclass(frozen=True)
class Place:
    """A place to draw: `number` stands beside its name, `says` is the same for ears, `href` leads on."""

    key: str
    name: str
    lon: float
    lat: float
    number: int = 0
    says: str = ""
    href: str = ""


@dataclass(frozen=True)
class Drawn:
    """A place as drawn: the middle of its box, where its label starts and which way it runs."""

    place: Place
    x: int
    y: int
    label_x: float
    label_y: float
    anchor: str

    @property
    def box_x(self) -> int:
        return self.x - 9

    @property
    def box_y(self) -> int:
        return self.y - 8


@dataclass(frozen=True)
class Map:
    """A whole map in pixels of its view box; `roads` is one SVG path."""

    width: int
    height: int
    hub_x: int
    hub_y: int
    hub_label: Drawn
    places: tuple[Drawn, ...]
    roads: str


def draw(hub: Place, places: Sequence[Place], *, columns: int = 11, rows: int = 10) -> Map:
    """Lay out `places` around `hub` on a grid of `columns` by `rows` cells (more places widen it)."""
    while columns * rows < 3 * (len(places) + 1):
        columns, rows = columns + 2, rows + 2
    cells = _cells([hub, *places], columns, rows)
    at = {key: (MARGIN + x * CELL, MARGIN + y * CELL) for key, (x, y) in cells.items()}
    taken = [_around(x, y, BOX) for x, y in at.values()]
    width, height = 2 * MARGIN + (columns - 1) * CELL, 2 * MARGIN + (rows - 1) * CELL
    hub_label = _label(hub, at[hub.key], taken, width)
    drawn = [
        _label(place, at[place.key], taken, width) for place in sorted(places, key=lambda p: at[p.key][1])
    ]
    roads = "".join(_road(at[a], at[b]) for a, b in _tree(hub.key, at))
    return Map(width, height, *at[hub.key], hub_label, tuple(drawn), roads)


def _cells(places: Sequence[Place], columns: int, rows: int) -> dict[str, Cell]:
    """A cell of its own for each place, as near to its true position as the earlier ones leave."""
    middle = math.cos(math.radians(sum(place.lat for place in places) / len(places)))
    xs, ys = [place.lon * middle for place in places], [-place.lat for place in places]
    free = {(column, row) for column in range(columns) for row in range(rows)}
    taken: dict[str, Cell] = {}
    for place, x, y in zip(places, _spread(xs, columns), _spread(ys, rows), strict=True):
        cell = min(free, key=lambda c: ((c[0] - x) ** 2 + (c[1] - y) ** 2, c))
        taken[place.key] = cell
        # neighbours to the side would stand in the label
        free -= {(cell[0] + dx, cell[1]) for dx in (-2, -1, 0, 1, 2)} | {
            (cell[0], cell[1] + dy) for dy in (-1, 1)
        }
        free = free or {(column, row) for column in range(columns) for row in range(rows)} - set(
            taken.values()
        )
    return taken


def _spread(values: Sequence[float], steps: int) -> list[float]:
    """Positions 0 .. steps-1: half by true distance, half by rank, so that a dense middle opens up."""
    low, high = min(values), max(values)
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    last = max(len(ranks) - 1, 1)
    true = [(value - low) / ((high - low) or 1) for value in values]
    return [(t + ranks[value] / last) / 2 * (steps - 1) for t, value in zip(true, values, strict=True)]


def _tree(root: str, at: dict[str, Cell]) -> list[tuple[str, str]]:
    """Roads from the hub outwards: the shortest next road, counting half of the way back to the hub."""
    from_hub = {root: 0.0}
    edges = []
    while len(from_hub) < len(at):
        _, near, far = min(
            (math.dist(at[a], at[b]) + from_hub[a] / 2, a, b)
            for a in from_hub
            for b in at
            if b not in from_hub
        )
        from_hub[far] = from_hub[near] + math.dist(at[near], at[far])
        edges.append((near, far))
    return edges


def _road(a: Cell, b: Cell) -> str:
    """From `a` straight, then at 45 degrees into `b`."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    slant = min(abs(dx), abs(dy))
    sx, sy = math.copysign(slant, dx), math.copysign(slant, dy)
    return f"M{a[0]} {a[1]}l{dx - sx:g} {dy - sy:g}l{sx:g} {sy:g}"


def _around(x: float, y: float, size: float) -> Rect:
    return x - size / 2, y - size / 2, x + size / 2, y + size / 2


def text_width(text: str) -> float:
    """Pixels of 14 px type: a Chinese character is one em, a digit or letter a little over half."""
    return sum(14.0 if ord(sign) > 0x2E7F else 9.0 for sign in text)


def _label(place: Place, at: Cell, taken: list[Rect], width: int) -> Drawn:
    """The side with the least overlap, remembered in `taken`."""
    text = f"{place.name} {place.number:,}" if place.number else place.name
    options = [(_overlap(rect, taken, width), n, rect, end) for n, (rect, end) in enumerate(_sides(at, text))]
    _, _, rect, end = min(options)
    taken.append(rect)
    x = {"": rect[0], "rt": rect[2], "mid": (rect[0] + rect[2]) / 2}[end]
    return Drawn(place, *at, round(x, 1), rect[3] - 5, end)


def _sides(at: Cell, text: str) -> Iterable[tuple[Rect, str]]:
    """Where a label may stand, best first, and its text-anchor: start, end (rt) or middle (mid)."""
    x, y, long, tall, gap = *at, text_width(text), 18.0, 15.0
    up, down = (y - gap - tall, y - gap), (y + gap, y + gap + tall)
    yield (x + gap, y - tall / 2, x + gap + long, y + tall / 2), ""
    yield (x - gap - long, y - tall / 2, x - gap, y + tall / 2), "rt"
    for top, bottom in (up, down):
        yield (x - long / 2, top, x + long / 2, bottom), "mid"
        yield (x - 10, top, x - 10 + long, bottom), ""
        yield (x + 10 - long, top, x + 10, bottom), "rt"


def _overlap(rect: Rect, taken: list[Rect], width: int) -> float:
    outside = max(0.0, 2 - rect[0]) + max(0.0, rect[2] - (width - 2))
    area = sum(
        max(0.0, min(rect[2], other[2]) - max(rect[0], other[0]))
        * max(0.0, min(rect[3], other[3]) - max(rect[1], other[1]))
        for other in taken
    )
    return area + outside * 40
