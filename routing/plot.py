"""A plan as an SVG picture: routes in colours that people with colour blindness can tell apart, and their key.

Places without coordinates are laid out by how far apart they are (classical scaling of the first table).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html import escape

import numpy as np

from .plan import Plan, Route
from .problem import Problem

SIZE, MARGIN, KEY = 800, 36, 300  # of the map, around it, and beside it for the key
LINE = 22
MOST_KEYS = 32
FEW_ROUTES = 12
MOST_LAID_OUT = 3_000  # places for which the layout by distance is made
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#785ef0", "#7f4f24", "#3d5a40")
PAPER, INK, SOFT, MISSED = "#fbfaf6", "#2b2b2b", "#8d8a82", "#c1121f"
FONT = "font-family='system-ui, Noto Sans CJK SC, sans-serif'"
Point = tuple[float, float]


def svg(problem: Problem, plan: Plan | None = None) -> str:
    """The places of a problem and, where given, the routes of a plan with a key to them."""
    points = _points(problem)
    width = SIZE + (KEY if plan else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {SIZE}" role="img" {FONT}>',
        f"<title>{escape(problem.name or 'plan')}</title>",
        f'<rect width="{width}" height="{SIZE}" fill="{PAPER}"/>',
    ]
    routes = plan.routes if plan else ()
    quiet = len(routes) > FEW_ROUTES
    parts += [_route(route, points, _colour(number), quiet) for number, route in enumerate(routes)]
    parts += _marks(problem, plan, points)
    if plan:
        parts += _key(problem, plan)
    return "\n".join([*parts, "</svg>\n"])


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _points(problem: Problem) -> dict[str, Point]:
    """Places fitted into the picture, north up, one scale both ways."""
    raw = dict(zip((place.id for place in problem.locations), _raw(problem), strict=True))
    if not raw:
        return {}
    west, east = min(x for x, _ in raw.values()), max(x for x, _ in raw.values())
    south, north = min(y for _, y in raw.values()), max(y for _, y in raw.values())
    room = SIZE - 2 * MARGIN
    scale = room / max(east - west, north - south, 1e-9)
    left = MARGIN + (room - (east - west) * scale) / 2
    low = SIZE - MARGIN - (room - (north - south) * scale) / 2
    return {name: (left + (x - west) * scale, low - (y - south) * scale) for name, (x, y) in raw.items()}


def _raw(problem: Problem) -> list[Point]:
    places = problem.locations
    if all(place.lon is not None and place.lat is not None for place in places):
        narrow = float(np.cos(np.radians(np.mean([place.lat or 0.0 for place in places])))) if places else 1.0
        return [((place.lon or 0.0) * narrow, place.lat or 0.0) for place in places]
    if any(place.x is not None for place in places) or len(places) > MOST_LAID_OUT:
        return [(place.x or 0.0, place.y or 0.0) for place in places]
    return _laid_out(problem)


def _laid_out(problem: Problem) -> list[Point]:
    """Points whose distances are as near as two dimensions allow to the mean of both directions."""
    table = problem.profiles[0].metres
    if table is None or len(table) < 2:
        return [(0.0, 0.0) for _ in problem.locations]
    square = ((table.values + table.values.T.astype(float)) / 2) ** 2
    centred = -(square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean()) / 2
    weights, axes = np.linalg.eigh(centred)
    spots = axes[:, -2:] * np.sqrt(np.maximum(weights[-2:], 0))
    return [(float(x), float(y)) for y, x in spots]


def _route(route: Route, points: dict[str, Point], colour: str, quiet: bool) -> str:
    """One route; where there are many, `quiet` draws the ways out and home faintly."""
    spots = [points[step.location] for step in route.steps]
    inner = spots[1:-1] if quiet and len(spots) > 3 else spots
    arrows = "".join(_arrow(one, other, colour) for one, other in itertools.pairwise(inner))
    faint = _line(spots, colour, 1.2, 0.4) if inner is not spots else ""
    under = "" if quiet else _line(inner, PAPER, 5.0, 1.0)
    title = f"<title>{escape(_said(route))}</title>"
    return f"<g>{title}{faint}{under}{_line(inner, colour, 2.2, 0.9)}{arrows}</g>"


def _line(spots: list[Point], colour: str, width: float, opacity: float) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linejoin="round"/>'
    )


def _arrow(here: Point, there: Point, colour: str) -> str:
    """A small head in the middle of a leg that is long enough for one."""
    across, down = there[0] - here[0], there[1] - here[1]
    length = float(np.hypot(across, down))
    if length < 30:
        return ""
    east, south = across / length, down / length
    x, y = here[0] + 0.55 * across, here[1] + 0.55 * down
    back_x, back_y = x - 7 * east, y - 7 * south
    corners = (
        (x, y),
        (back_x - 3.2 * south, back_y + 3.2 * east),
        (back_x + 3.2 * south, back_y - 3.2 * east),
    )
    return f'<path d="M{" L".join(f"{a:.1f} {b:.1f}" for a, b in corners)} Z" fill="{colour}"/>'


def _marks(problem: Problem, plan: Plan | None, points: dict[str, Point]) -> Iterator[str]:
    """Squares where goods and vehicles start, dots where they are brought, red rings where nobody comes."""
    sources = {job.pickup.location for job in problem.jobs if job.pickup and job.delivery}
    sources |= {end for vehicle in problem.vehicles for end in (vehicle.start, vehicle.end) if end}
    sources |= {task.location for vehicle in problem.vehicles for task in vehicle.reloads}
    colour_of = {
        step.location: _colour(number)
        for number, route in enumerate(plan.routes if plan else ())
        for step in route.steps
        if step.acts
    }
    jobs = {job.id: job for job in problem.jobs}
    left = [jobs[item.job] for item in (plan.unserved if plan else ()) if item.job in jobs]
    missed = {task.location for job in left for task in (job.delivery or job.pickup,) if task}
    small = 2.2 if len(points) > 400 else 3.6
    for place in sorted(problem.locations, key=lambda place: place.id in sources):
        x, y = points[place.id]
        title = f"<title>{escape(place.id)}</title>"
        if place.id in sources:
            yield (
                f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" rx="2" fill="{INK}" '
                f'stroke="{PAPER}" stroke-width="1.5">{title}</rect>'
            )
            continue
        if place.id in missed:
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{small + 3.4:.1f}" fill="none" stroke="{MISSED}" '
                'stroke-width="1.6"/>'
            )
        fill = colour_of.get(place.id, SOFT if plan is None else PAPER)
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{small}" fill="{fill}" stroke="{INK}" '
            f'stroke-width="0.8">{title}</circle>'
        )


def _key(problem: Problem, plan: Plan) -> Iterator[str]:
    """What the colours mean: vehicle, stops, distance; then what is left out, and the sum."""
    x, y = SIZE + 4, 44
    scale = problem.scale
    yield _text(x, y, problem.name or "plan", 17, INK, "600")
    total = f"{len(plan.routes)} routes · {_length(plan.metres, scale)} · {_cost(plan.cost.total, problem)}"
    yield _text(x, y + LINE, total, 13, SOFT)
    y += 2 * LINE + 10
    for number, route in enumerate(plan.routes[:MOST_KEYS]):
        stops = sum(1 for step in route.steps if step.kind == "visit")
        yield f'<rect x="{x}" y="{y - 8}" width="18" height="4" rx="2" fill="{_colour(number)}"/>'
        yield _text(x + 26, y, route.vehicle, 13, INK)
        visits = f"{stops} stops" if number == 0 else str(stops)
        yield _text(x + KEY - 24, y, f"{visits} · {_length(route.metres, scale)}", 13, SOFT, end=True)
        y += LINE - 2
    if len(plan.routes) > MOST_KEYS:
        yield _text(x + 26, y, f"and {len(plan.routes) - MOST_KEYS} more", 13, SOFT)
        y += LINE
    if plan.unserved:
        owed = f", {len(plan.owed)} of them owed" if plan.owed else ""
        yield f'<circle cx="{x + 9}" cy="{y + 6}" r="5" fill="none" stroke="{MISSED}" stroke-width="1.6"/>'
        yield _text(x + 26, y + 10, f"{len(plan.unserved)} left out{owed}", 13, INK)


def _text(
    x: float, y: float, text: str, size: int, colour: str, weight: str = "400", *, end: bool = False
) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" font-weight="{weight}"{anchor}>'
        f"{escape(text)}</text>"
    )


def _length(metres: int, scale: int) -> str:
    return f"{metres / scale:,.0f}" if scale != 1 else f"{metres / 1000:,.1f} km"


def _cost(fen: int, problem: Problem) -> str:
    """In the unit of an instance; in yuan where the places are on the globe."""
    if problem.cost_scale or any(place.lon is not None for place in problem.locations):
        return f"{fen / (problem.cost_scale or 100):,.2f} yuan"
    return f"{fen / problem.scale:,.0f}"


def _said(route: Route) -> str:
    return f"{route.vehicle}: {route.metres / 1000:.1f} km, {route.cost / 100:.2f} yuan"
