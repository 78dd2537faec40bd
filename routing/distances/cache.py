"""Ways already asked for, in one SQLite file: places to a metre, answers for as long as roads stay the same."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
FloatTable = NDArray[np.float64]
DAY = 86_400
STEP = 100_000  # places that differ by less than 0.00001 degrees are one


class Cache:
    """Pairs of places and their way, by the name of the server that told it; safe between processes."""

    def __init__(self, path: Path, *, days: float = 90.0, clock: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._days, self._clock = path, days, clock
        with self._base() as base:
            base.execute("PRAGMA journal_mode=WAL")
            base.execute(
                "CREATE TABLE IF NOT EXISTS ways (server TEXT, here INTEGER, there INTEGER, metres REAL,"
                " seconds REAL, at INTEGER, PRIMARY KEY (server, here, there)) WITHOUT ROWID"
            )

    @contextmanager
    def _base(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own: kept if all goes well, closed in any case."""
        base = sqlite3.connect(self._path, timeout=30.0)
        try:
            with base:
                yield base
        finally:
            base.close()

    def fill(self, server: str, points: Sequence[Point], metres: FloatTable, seconds: FloatTable) -> None:
        """Writes what is known into both tables."""
        keys = [_key(point) for point in points]
        spots: dict[int, list[int]] = {}
        for spot, key in enumerate(keys):
            spots.setdefault(key, []).append(spot)
        since = self._clock() - self._days * DAY
        with self._base() as base:
            for row, key in enumerate(keys):
                found = base.execute(
                    "SELECT there, metres, seconds FROM ways WHERE server = ? AND here = ? AND at >= ?",
                    (server, key, since),
                )
                for there, far, long in found:
                    for column in spots.get(there, ()):
                        metres[row, column], seconds[row, column] = far, long

    def keep(
        self,
        server: str,
        points: Sequence[Point],
        rows: Sequence[int],
        columns: Sequence[int],
        metres: FloatTable,
        seconds: FloatTable,
    ) -> None:
        """Remembers a block of answers; places without a way are asked again next time."""
        at = int(self._clock())
        known = np.argwhere(~(np.isnan(metres) | np.isnan(seconds)))
        ways = [
            (
                server,
                _key(points[rows[row]]),
                _key(points[columns[column]]),
                float(metres[row, column]),
                float(seconds[row, column]),
                at,
            )
            for row, column in known
        ]
        with self._base() as base:
            base.executemany("INSERT OR REPLACE INTO ways VALUES (?, ?, ?, ?, ?, ?)", ways)


def _key(point: Point) -> int:
    lon, lat = round((point[0] + 180) * STEP), round((point[1] + 90) * STEP)
    return lon << 26 | lat
