"""Travel tables by location: read-only int32, shared by every reader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .problem import Grid, Problem

IntTable = NDArray[np.int32]


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
    """Shortest way from one location to each, over any others (dense Dijkstra, O(n^2))."""
    reach: NDArray[np.int64] = table[source].astype(np.int64)
    reach[source] = 0
    open_ = np.ones(len(reach), dtype=bool)
    for _ in range(len(reach)):
        nearest = int(np.argmin(np.where(open_, reach, np.iinfo(np.int64).max)))
        open_[nearest] = False
        np.minimum(reach, reach[nearest] + table[nearest], out=reach)
    return reach


def shortest_to(table: IntTable, target: int) -> NDArray[np.int64]:
    """Shortest way from each location to one."""
    return shortest_from(np.ascontiguousarray(table.T), target)
