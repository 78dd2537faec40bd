"""What drivers measured, per township: how much longer the road is than the straight line, and how fast.

The road of a leg is its straight line times the mean factor of both ends; its time is a part that every leg
takes (out of one yard, into another) and a part per metre. Both are fitted by least squares, each township
drawn to the mean of all the more, the fewer legs it has (ridge regression).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..problem import Location

SLOWEST, FASTEST = 1.0, 200.0  # km/h
LEAST, MOST = 1.0, 5.0  # road over straight line
PULL = 5.0  # legs that the mean of all counts for in every township


@dataclass(frozen=True, slots=True)
class Driven:
    """One leg as driven: townships at both ends, straight line and road in metres, time in seconds."""

    origin: str
    target: str
    straight: float
    metres: float
    seconds: float

    def __post_init__(self) -> None:
        if not (self.straight > 0 and self.metres > 0 and self.seconds > 0):
            raise ValueError(f"a leg must have a length and a time, not {self}")


@dataclass(frozen=True, slots=True)
class Road:
    """Roads around one township: factor over the straight line, km/h, and how many legs said so."""

    factor: float
    kmh: float
    legs: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: per township, and for those that nobody drove to; `leg_seconds` of every leg."""

    everywhere: Road
    townships: dict[str, Road]
    leg_seconds: float

    def of(self, township: str) -> Road:
        return self.townships.get(township, self.everywhere)

    def put_on(self, places: Sequence[Location], township_of: Mapping[str, str]) -> tuple[Location, ...]:
        """The places with the factor and speed of their townships."""
        found = []
        for place in places:
            road = self.of(township_of.get(place.id, ""))
            found.append(dataclasses.replace(place, factor=road.factor, kmh=road.kmh))
        return tuple(found)


def learn(legs: Sequence[Driven]) -> Learned:
    """Factors and speeds from legs as driven; raises ValueError where there are none."""
    if not legs:
        raise ValueError("nothing was driven, so nothing can be learned")
    names = sorted({name for leg in legs for name in (leg.origin, leg.target)})
    spot = {name: number for number, name in enumerate(names)}
    straight = np.array([leg.straight for leg in legs])
    metres = np.array([leg.metres for leg in legs])
    seconds = np.array([leg.seconds for leg in legs])
    halves = np.zeros((len(legs), len(names)))
    for row, leg in enumerate(legs):
        halves[row, spot[leg.origin]] += 0.5
        halves[row, spot[leg.target]] += 0.5
    # Errors grow with length, so every leg counts by its ratio.
    mean = float(metres.sum() / straight.sum())
    factors = np.clip(mean + _ridge(halves, metres / straight - mean), LEAST, MOST)
    start, pace = _time(metres, seconds)
    paces = pace + _ridge(halves, (seconds - start) / metres - pace)
    speeds = np.clip(3.6 / np.maximum(paces, 1e-6), SLOWEST, FASTEST)
    counts = Counter(name for leg in legs for name in {leg.origin, leg.target})
    townships = {
        name: Road(float(factors[number]), float(speeds[number]), counts[name])
        for name, number in spot.items()
    }
    kmh = float(np.clip(3.6 / pace, SLOWEST, FASTEST))
    return Learned(Road(float(np.clip(mean, LEAST, MOST)), kmh, len(legs)), townships, start)


def _ridge(halves: NDArray[np.float64], over: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each township is from the mean of all."""
    pull = PULL / 4 * np.eye(halves.shape[1])  # a leg counts a half for either end
    return np.asarray(np.linalg.solve(halves.T @ halves + pull, halves.T @ over), dtype=np.float64)


def _time(metres: NDArray[np.float64], seconds: NDArray[np.float64]) -> tuple[float, float]:
    """Seconds of every leg and per metre: a line through all legs, never falling, never below zero."""
    through = float(seconds.sum() / metres.sum())
    spread = metres - metres.mean()
    if not spread.any():
        return 0.0, through
    pace = float(spread @ seconds / (spread @ spread))
    start = float(seconds.mean() - pace * metres.mean())
    return (start, pace) if start > 0 and pace > 0 else (0.0, through)
