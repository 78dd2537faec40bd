"""When a search ends: tiny callables, asked with the iterations done and the best cost so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Stop(Protocol):
    """True when the search should end."""

    def __call__(self, iterations: int, best: float) -> bool: ...


class MaxSeconds:
    """Ends `seconds` after it was made."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def __call__(self, iterations: int, best: float) -> bool:
        return self.left() <= 0

    def cut(self, seconds: float) -> None:
        """End in `seconds` from now, if not sooner."""
        self._end = min(self._end, self._clock() + seconds)

    def left(self) -> float:
        """Seconds left, possibly below zero."""
        return self._end - self._clock()


class MaxIterations:
    """Ends after so many iterations."""

    def __init__(self, iterations: int) -> None:
        self._iterations = iterations

    def __call__(self, iterations: int, best: float) -> bool:
        return iterations >= self._iterations


class AnyOf:
    """Ends when one of several says so."""

    def __init__(self, *stops: Stop) -> None:
        self._stops = stops

    def __call__(self, iterations: int, best: float) -> bool:
        return any(stop(iterations, best) for stop in self._stops)
