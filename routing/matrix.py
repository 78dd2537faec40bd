"""Travel tables by location: read-only int32, shared by every reader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .problem import Grid, Problem

IntTable = NDArray[np.int32]
ROWS = 500  # looked at together, so that large tables are not copied whole


class NoTable(LookupError):
    """The profile has no table yet: `routing.distances.completed(problem)` makes it."""


@dataclass(frozen=True, slots=True)
class Travel:
    """Metres and seconds between locations for one profile."""

    metres: IntTable
    seconds: IntTable


def travel(problem: Problem, profile_id: str) -> Travel:
    """The tables of a profile; raises NoTable where the problem does not carry them."""
    for profile in problem.profiles:
        if profile.id == profile_id:
            if profile.metres is None or profile.seconds is None:
                raise NoTable(profile_id)
            return Travel(profile.metres.values, profile.seconds.values)
    raise NoTable(profile_id)


def location_index(problem: Problem) -> dict[str, int]:
    """Position of every location in the tables."""
    return {place.id: index for index, place in enumerate(problem.locations)}


def part(grid: Grid, keep: list[int]) -> Grid:
    """The table of some of the locations, in the order given."""
    return Grid(np.ascontiguousarray(grid.values[np.ix_(keep, keep)]))


def shortest_from(table: IntTable, source: int) -> NDArray[np.int64]:
    """Shortest way from one location to each, over any others (Bellman and Ford, all edges at once).

    One round where the table keeps the triangle inequality, as the direct ways then are the shortest.
    """
    small = int(table.max(initial=0)) < 2**30  # two ways are no more than the table's own numbers bear
    reach = table[source].astype(table.dtype if small else np.int64)
    reach[source] = 0
    while True:
        shorter = reach.copy()
        for first in range(0, len(table), ROWS):
            rows = slice(first, first + ROWS)
            np.minimum(shorter, (reach[rows, None] + table[rows]).min(axis=0), out=shorter)
        if np.array_equal(shorter, reach):
            return np.asarray(reach, dtype=np.int64)
        reach = shorter


def shortest_to(table: IntTable, target: int) -> NDArray[np.int64]:
    """Shortest way from each location to one."""
    return shortest_from(table.T, target)
