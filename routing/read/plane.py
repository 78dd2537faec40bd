"""What the families of plane instances share: points, distances in the family's rounding, and a problem of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..problem import Grid, Job, Location, Problem, Profile, Refused, Vehicle

Rounding = Literal["nearest", "down"]
FLEET_FIRST = 10**9  # fen of a vehicle where fewer vehicles come before any distance
UNIT_PRICE = 1_000  # fen per km: one fen per unit of the table


@dataclass(frozen=True, slots=True)
class Rule:
    """How a family counts: tables hold `factor` times the plane distance, rounded; figures are given in
    tables' units divided by `scale`."""

    factor: int
    rounding: Rounding
    scale: int


def whole(value: float, rule: Rule) -> int:
    """A time or length of the file in units of the tables."""
    scaled = value * rule.factor
    return int(np.floor(scaled + 1e-9)) if rule.rounding == "down" else int(np.floor(scaled + 0.5))


def grid(points: Sequence[tuple[float, float]], rule: Rule) -> Grid:
    """Euclidean distances in the family's rounding."""
    spots = np.array(points, dtype=np.float64).reshape(-1, 2)
    length = np.hypot(spots[:, None, 0] - spots[:, 0], spots[:, None, 1] - spots[:, 1]) * rule.factor
    if length.size and length.max() >= 2**31 - 1:
        raise Refused("locations", "distances beyond int32")
    table = np.floor(length + 1e-9) if rule.rounding == "down" else np.floor(length + 0.5)
    return Grid(table.astype(np.int32))


def plane_problem(
    name: str,
    points: Sequence[tuple[float, float]],
    vehicles: Sequence[Vehicle],
    jobs: Sequence[Job],
    rule: Rule,
    table: Grid | None = None,
) -> Problem:
    """Locations are named by their number in the file, from 0; time passes as fast as distance."""
    lengths = table or grid(points, rule)
    return Problem(
        locations=tuple(Location(str(number), x=x, y=y) for number, (x, y) in enumerate(points)),
        vehicles=tuple(vehicles),
        jobs=tuple(jobs),
        profiles=(Profile("road", lengths, lengths, method=f"plane x {rule.factor} {rule.rounding}"),),
        dimensions=("load",),
        name=name,
        scale=rule.scale,
    )
