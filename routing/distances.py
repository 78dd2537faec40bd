"""Distance and time tables from coordinates, each labelled with the method that made it.

The straight line is the geodesic on WGS-84 (geopy, Karney 2013) for small problems; above `GEODESIC_LIMIT`
locations the great circle on the mean sphere, within 0.6 % of it. The road is longer than the straight line
by a factor: learned where one is known, else the default of the terrain at both ends.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .matrix import IntTable
from .problem import Grid, Location, Problem, Profile, Terrain

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


def matrices(locations: Sequence[Location], profile: Profile) -> Tables:
    """Both tables of a profile from coordinates.

    Every location needs lon and lat. Method is a label such as "geodesic x 1.60 mountains".
    """
    straight, line = _straight(locations)
    factors, factor_label = _factors(locations, profile)
    metres = straight * factors
    seconds = metres / (profile.kmh / 3.6)
    label = f"{line} x {factor_label}"
    return Tables(_whole(metres), _whole(seconds), label)


def completed(problem: Problem) -> Problem:
    """The same problem with the missing tables of its profiles made from coordinates."""
    profiles = tuple(_completed_profile(profile, problem.locations) for profile in problem.profiles)
    if all(new is old for new, old in zip(profiles, problem.profiles, strict=True)):
        return problem
    return dataclasses.replace(problem, profiles=profiles)


def _completed_profile(profile: Profile, locations: Sequence[Location]) -> Profile:
    if profile.metres is not None and profile.seconds is not None:
        return profile
    tables = matrices(locations, profile)
    metres, seconds, method = profile.metres, profile.seconds, tables.method
    if metres is not None:
        seconds = Grid(_whole(metres.values / (profile.kmh / 3.6)))
        method = f"{profile.method or 'given'}, time at {profile.kmh:g} km/h"
    return dataclasses.replace(
        profile, metres=metres or Grid(tables.metres), seconds=seconds or Grid(tables.seconds), method=method
    )


def _straight(locations: Sequence[Location]) -> tuple[FloatTable, str]:
    points = [_point(place) for place in locations]
    if len(points) > GEODESIC_LIMIT:
        return _great_circle(points), "great circle"
    from geopy.distance import geodesic  # its geocoders cost a quarter of a second that few problems need

    table = np.zeros((len(points), len(points)))
    for row, here in enumerate(points):
        for column in range(row):
            metres = geodesic(here, points[column]).meters
            table[row, column] = table[column, row] = metres
    return table, "geodesic"


def _point(place: Location) -> tuple[float, float]:
    if place.lat is None or place.lon is None:
        raise ValueError(f"{place.id} has no coordinates")
    return place.lat, place.lon


def _great_circle(points: Sequence[tuple[float, float]]) -> FloatTable:
    lat, lon = np.radians(np.array(points)).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    arc: FloatTable = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return arc


def _factors(locations: Sequence[Location], profile: Profile) -> tuple[FloatTable, str]:
    size = len(locations)
    if profile.factor is not None:
        return np.full((size, size), profile.factor), f"{profile.factor:.2f} learned"
    terrains = [place.terrain or profile.terrain for place in locations]
    ends = np.array([ROAD_FACTOR[terrain] for terrain in terrains])
    met = sorted(set(terrains), key=ROAD_FACTOR.__getitem__) or [profile.terrain]
    low, high = ROAD_FACTOR[met[0]], ROAD_FACTOR[met[-1]]
    span = f"{low:.2f}" if low == high else f"{low:.2f}-{high:.2f}"
    table: FloatTable = (ends[:, None] + ends) / 2
    return table, f"{span} {'/'.join(met)}"


def _whole(table: NDArray[np.floating]) -> IntTable:
    whole: IntTable = np.clip(np.rint(table), 0, INT32_MAX).astype(np.int32)
    return whole
