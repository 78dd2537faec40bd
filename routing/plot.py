"""A plan as an SVG picture: routes in colours that people with colour blindness can tell apart."""

from __future__ import annotations

from html import escape

from .plan import Plan, Route
from .problem import Location, Problem

SIZE = 800
MARGIN = 30
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#785ef0", "#000000")
Point = tuple[float, float]


def svg(problem: Problem, plan: Plan | None = None) -> str:
    """The places of a problem and, where given, the routes of a plan."""
    points = _points(problem)
    served = {step.location for route in (plan.routes if plan else ()) for step in route.steps}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">',
        f"<title>{escape(problem.name or 'plan')}</title>",
        f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/>',
    ]
    for number, route in enumerate(plan.routes if plan else ()):
        parts.append(_route(route, points, COLOURS[number % len(COLOURS)]))
    sources = {job.pickup.location for job in problem.jobs if job.pickup}
    sources |= {end for vehicle in problem.vehicles for end in (vehicle.start, vehicle.end) if end}
    for place in problem.locations:
        parts.append(_mark(place, points[place.id], place.id in sources, place.id in served or plan is None))
    return "\n".join([*parts, "</svg>\n"])


def _points(problem: Problem) -> dict[str, Point]:
    """Places fitted into the picture, north up, one scale both ways."""
    raw = {place.id: _raw(place) for place in problem.locations}
    if not raw:
        return {}
    west, east = min(x for x, _ in raw.values()), max(x for x, _ in raw.values())
    south, north = min(y for _, y in raw.values()), max(y for _, y in raw.values())
    scale = (SIZE - 2 * MARGIN) / max(east - west, north - south, 1e-9)
    return {
        name: (MARGIN + (x - west) * scale, SIZE - MARGIN - (y - south) * scale)
        for name, (x, y) in raw.items()
    }


def _raw(place: Location) -> Point:
    if place.lon is not None and place.lat is not None:
        return place.lon, place.lat
    return place.x or 0.0, place.y or 0.0


def _route(route: Route, points: dict[str, Point], colour: str) -> str:
    line = " ".join(f"{points[step.location][0]:.1f},{points[step.location][1]:.1f}" for step in route.steps)
    label = f"{escape(route.vehicle)}: {route.metres / 1000:.1f} km, {route.cost / 100:.2f} yuan"
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round">'
        f"<title>{label}</title></polyline>"
    )


def _mark(place: Location, point: Point, source: bool, served: bool) -> str:
    x, y = point
    title = f"<title>{escape(place.id)}</title>"
    if source:
        return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="#222">{title}</rect>'
    fill = "#222" if served else "#fff"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{fill}" stroke="#222">{title}</circle>'
