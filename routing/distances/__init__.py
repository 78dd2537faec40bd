"""Distance and time tables from coordinates, each labelled with the method that made it.

With `Roads` a server of OSRM or Valhalla is asked (roads.py). Without, or for what it cannot tell, the
straight line is the geodesic on WGS-84 (geopy, Karney 2013) for small problems; above `GEODESIC_LIMIT`
locations the great circle on the mean sphere, within 0.6 % of it. The road is longer than the straight line
by a factor: learned where one is known (learned.py), else the default of the terrain at both ends.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..matrix import ROWS, IntTable
from ..problem import Grid, Location, Problem, Profile, Terrain
from .cache import Cache
from .learned import Driven, Learned, Road, learn
from .roads import Osrm, Roads, Valhalla

__all__ = [
    "GEODESIC_LIMIT",
    "ROAD_FACTOR",
    "Cache",
    "Driven",
    "Learned",
    "Osrm",
    "Road",
    "Roads",
    "Tables",
    "Valhalla",
    "completed",
    "learn",
    "matrices",
]

# Road over straight line. Measured: plains 1.22-1.3, hills about 1.45, mountains 1.6-1.9 (Yunnan 1.12-1.92).
ROAD_FACTOR: dict[Terrain, float] = {"plain": 1.3, "hills": 1.45, "mountains": 1.6}
GEODESIC_LIMIT = 150
EARTH_METRES = 6_371_008.8
INT32_MAX = 2**31 - 1

FloatTable = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Metres and seconds from each location to each, and how they were made."""

    metres: IntTable
    seconds: IntTable
    method: str


def matrices(locations: Sequence[Location], profile: Profile, roads: Roads | None = None) -> Tables:
    """Both tables of a profile from coordinates, asked of a road server where one is given.

    Every location needs lon and lat. Method is a label such as "geodesic x 1.60 mountains" or
    "osrm driving, 12 of 380 ways geodesic x 1.60 mountains".
    """
    if roads is None:
        return _made(locations, profile)
    metres, seconds = roads.tables([_point(place)[::-1] for place in locations])
    missing = np.isnan(metres) | np.isnan(seconds)
    if not missing.any():
        return Tables(_whole(metres), _whole(seconds), roads.server.name)
    made = _made(locations, profile)
    metres, seconds = np.where(missing, made.metres, metres), np.where(missing, made.seconds, seconds)
    count = f"{int(missing.sum())} of {len(locations) * (len(locations) - 1)} ways {made.method}"
    label = f"{roads.server.name}, {count}" + (f" ({roads.fault})" if roads.fault else "")
    return Tables(_whole(metres), _whole(seconds), label)


def _made(locations: Sequence[Location], profile: Profile) -> Tables:
    """Some rows after another, as whole tables of numbers with fractions would take several times the room."""
    points = [_point(place) for place in locations]
    few = len(points) <= GEODESIC_LIMIT
    straight = _geodesic(points) if few else None
    factors, factor_label = _factors(locations, profile)
    pace = np.array([3.6 / (place.kmh or profile.kmh) for place in locations])
    shape = len(points), len(points)
    whole = Tables(
        np.empty(shape, dtype=np.int32),
        np.empty(shape, dtype=np.int32),
        f"{'geodesic' if few else 'great circle'} x {factor_label}",
    )
    for first in range(0, len(points), ROWS):
        rows = slice(first, first + ROWS)
        line = _great_circle(points, rows) if straight is None else straight[rows]
        metres = line * ((factors[rows, None] + factors) / 2)
        seconds = metres * ((pace[rows, None] + pace) / 2) + profile.leg_seconds * (metres > 0)
        whole.metres[rows], whole.seconds[rows] = _whole(metres), _whole(seconds)
    return whole


def completed(problem: Problem, roads: Roads | None = None) -> Problem:
    """The same problem with the missing tables of its profiles made from coordinates or asked of a server."""
    profiles = tuple(_completed_profile(profile, problem.locations, roads) for profile in problem.profiles)
    if all(new is old for new, old in zip(profiles, problem.profiles, strict=True)):
        return problem
    return dataclasses.replace(problem, profiles=profiles)


def _completed_profile(profile: Profile, locations: Sequence[Location], roads: Roads | None) -> Profile:
    if profile.metres is not None and profile.seconds is not None:
        return profile
    tables = matrices(locations, profile, roads)
    metres, seconds, method = profile.metres, profile.seconds, tables.method
    if metres is not None:
        driven = metres.values / (profile.kmh / 3.6)
        seconds = Grid(_whole(driven + profile.leg_seconds * (metres.values > 0)))
        method = f"{profile.method or 'given'}, time at {profile.kmh:g} km/h"
    return dataclasses.replace(
        profile, metres=metres or Grid(tables.metres), seconds=seconds or Grid(tables.seconds), method=method
    )


def _geodesic(points: Sequence[tuple[float, float]]) -> FloatTable:
    from geopy.distance import geodesic  # its geocoders cost a quarter of a second that few problems need

    table = np.zeros((len(points), len(points)))
    for row, here in enumerate(points):
        for column in range(row):
            metres = geodesic(here, points[column]).meters
            table[row, column] = table[column, row] = metres
    return table


def _point(place: Location) -> tuple[float, float]:
    if place.lat is None or place.lon is None:
        raise ValueError(f"{place.id} has no coordinates")
    return place.lat, place.lon


def _great_circle(points: Sequence[tuple[float, float]], rows: slice) -> FloatTable:
    lat, lon = np.radians(np.array(points)).T
    half = np.sin((lat[rows, None] - lat) / 2) ** 2
    half = half + np.cos(lat[rows, None]) * np.cos(lat) * np.sin((lon[rows, None] - lon) / 2) ** 2
    arc: FloatTable = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return arc


def _factors(locations: Sequence[Location], profile: Profile) -> tuple[FloatTable, str]:
    """Road over straight line at every place; a road takes the mean of its two ends."""
    size = len(locations)
    if any(place.factor is not None for place in locations):
        usual = [profile.factor or ROAD_FACTOR[place.terrain or profile.terrain] for place in locations]
        known = np.array([place.factor or other for place, other in zip(locations, usual, strict=True)])
        count = sum(place.factor is not None for place in locations)
        part = "" if count == size else f" at {count} of {size} places"
        return known, f"{known.min():.2f}-{known.max():.2f} learned{part}"
    if profile.factor is not None:
        return np.full(size, profile.factor), f"{profile.factor:.2f} learned"
    terrains = [place.terrain or profile.terrain for place in locations]
    ends = np.array([ROAD_FACTOR[terrain] for terrain in terrains])
    met = sorted(set(terrains), key=ROAD_FACTOR.__getitem__) or [profile.terrain]
    low, high = ROAD_FACTOR[met[0]], ROAD_FACTOR[met[-1]]
    span = f"{low:.2f}" if low == high else f"{low:.2f}-{high:.2f}"
    return ends, f"{span} {'/'.join(met)}"


def _whole(table: NDArray[np.floating]) -> IntTable:
    whole: IntTable = np.clip(np.rint(table), 0, INT32_MAX).astype(np.int32)
    return whole
