"""When a search ends: tiny callables, asked with the iterations done and the best cost so far."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
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


def process_start() -> float:
    """When this process began, by time.monotonic: loading and reading are part of the seconds asked for."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        age = 0.0
    return time.monotonic() - age


@contextmanager
def interruptible() -> Iterator[CalledOff]:
    """What to ask whether somebody pressed Ctrl-C; a second one stops everything at once."""
    called_off = CalledOff()
    before = signal.signal(signal.SIGINT, called_off.hear)
    try:
        yield called_off
    finally:
        signal.signal(signal.SIGINT, before)


class CalledOff:
    """True once a Ctrl-C was heard."""

    def __init__(self) -> None:
        self._heard = False

    def __call__(self) -> bool:
        return self._heard

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self._heard:
            raise KeyboardInterrupt
        self._heard = True
        sys.stderr.write("ending with the best plan so far; Ctrl-C again to stop at once\n")
