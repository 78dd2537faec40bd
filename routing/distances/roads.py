"""Road tables from an OSRM or Valhalla server: in blocks, with retries, remembered on disk.

What a server cannot tell (a place off every road, a server that does not answer) is made from the straight
line, and the label of the table says how much of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .cache import Cache

if TYPE_CHECKING:  # it takes a third of a second to load, which a search without a server should not pay
    import httpx

Point = tuple[float, float]  # lon, lat
FloatTable = NDArray[np.float64]
RETRIED = {408, 425, 429, 500, 502, 503, 504}
LONGEST_WAIT = 20.0


class NoAnswer(Exception):
    """The server did not give a table; says why."""


class Server(Protocol):
    """A road engine: metres and seconds between some points, NaN where there is no way."""

    @property
    def name(self) -> str: ...

    @property
    def most(self) -> int:
        """Points on either side of one question."""
        ...

    def ask(
        self, client: httpx.Client, sources: Sequence[Point], targets: Sequence[Point]
    ) -> tuple[FloatTable, FloatTable]: ...


@dataclass(frozen=True, slots=True)
class Osrm:
    """The table service of OSRM: GET /table/v1/{profile}/{lon,lat;...}."""

    url: str
    profile: str = "driving"
    most: int = 50  # its usual limit is 100 points, sources and destinations together

    @property
    def name(self) -> str:
        return f"osrm {self.profile}"

    def ask(
        self, client: httpx.Client, sources: Sequence[Point], targets: Sequence[Point]
    ) -> tuple[FloatTable, FloatTable]:
        spots = {point: spot for spot, point in enumerate(dict.fromkeys((*sources, *targets)))}
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in spots)
        asked = {
            "sources": ";".join(str(spots[point]) for point in sources),
            "destinations": ";".join(str(spots[point]) for point in targets),
            "annotations": "duration,distance",
        }
        said = _json(client.get(f"{self.url.rstrip('/')}/table/v1/{self.profile}/{points}", params=asked))
        if said.get("code") != "Ok":
            raise NoAnswer(f"{said.get('code')} {said.get('message', '')}".strip())
        shape = len(sources), len(targets)
        return _table(said.get("distances"), shape), _table(said.get("durations"), shape)


@dataclass(frozen=True, slots=True)
class Valhalla:
    """The matrix service of Valhalla: POST /sources_to_targets."""

    url: str
    costing: str = "auto"
    most: int = 50  # its usual limit is 2,500 pairs

    @property
    def name(self) -> str:
        return f"valhalla {self.costing}"

    def ask(
        self, client: httpx.Client, sources: Sequence[Point], targets: Sequence[Point]
    ) -> tuple[FloatTable, FloatTable]:
        asked = {
            "sources": [{"lon": lon, "lat": lat} for lon, lat in sources],
            "targets": [{"lon": lon, "lat": lat} for lon, lat in targets],
            "costing": self.costing,
            "units": "kilometers",
        }
        said = _json(client.post(f"{self.url.rstrip('/')}/sources_to_targets", json=asked))
        rows = said.get("sources_to_targets")
        if not isinstance(rows, list):
            raise NoAnswer(f"{said.get('error_code', '')} {said.get('error', 'no table')}".strip())
        far = [[_cell(cell, "distance", 1000.0) for cell in row] for row in rows]
        long = [[_cell(cell, "time", 1.0) for cell in row] for row in rows]
        shape = len(sources), len(targets)
        return _table(far, shape), _table(long, shape)


@dataclass(slots=True)
class Roads:
    """Asks a server block by block, what it has not asked before.

    tries: of one block, with waits that double from `pause` seconds. After a block without an answer no
    further block is asked.
    """

    server: Server
    cache: Cache | None = None
    tries: int = 4
    pause: float = 0.5
    timeout: float = 30.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    fault: str = ""  # why the last table is not whole

    def tables(self, points: Sequence[Point]) -> tuple[FloatTable, FloatTable]:
        """Metres and seconds from each point to each; NaN where nothing is known."""
        size = len(points)
        metres, seconds = np.full((2, size, size), np.nan)
        if self.cache is not None:
            self.cache.fill(self.server.name, points, metres, seconds)
        np.fill_diagonal(metres, 0.0)
        np.fill_diagonal(seconds, 0.0)
        self.fault = ""
        import httpx

        with httpx.Client(timeout=self.timeout) as client:
            for rows, columns in _blocks(np.isnan(metres), self.server.most):
                try:
                    block = self._block(client, [points[r] for r in rows], [points[c] for c in columns])
                except NoAnswer as silence:
                    self.fault = str(silence)
                    break
                spot = np.ix_(rows, columns)
                known = ~np.eye(size, dtype=bool)[spot]
                metres[spot] = np.where(known, block[0], 0.0)
                seconds[spot] = np.where(known, block[1], 0.0)
                if self.cache is not None:
                    self.cache.keep(self.server.name, points, rows, columns, *block)
        return metres, seconds

    def _block(
        self, client: httpx.Client, sources: Sequence[Point], targets: Sequence[Point]
    ) -> tuple[FloatTable, FloatTable]:
        import httpx

        for attempt in range(1, self.tries + 1):
            wait = self.pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
            try:
                return self.server.ask(client, sources, targets)
            except httpx.HTTPStatusError as error:
                said = error.response
                if said.status_code not in RETRIED or attempt == self.tries:
                    raise NoAnswer(f"HTTP {said.status_code} {_reason(said)}".strip()) from error
                wait = max(wait, _asked_to_wait(said))
            except httpx.TransportError as error:
                if attempt == self.tries:
                    raise NoAnswer(type(error).__name__) from error
            self.sleep(min(wait, LONGEST_WAIT))
        raise NoAnswer("never asked")


def _blocks(unknown: NDArray[np.bool_], most: int) -> list[tuple[list[int], list[int]]]:
    """Rows and columns with something unknown, cut into blocks that a server takes."""
    found = []
    lack = unknown.sum(axis=1)
    # New places ask for whole rows, old ones for the new columns alone.
    for rows in (
        np.flatnonzero(2 * lack > len(unknown)),
        np.flatnonzero((lack > 0) & (2 * lack <= len(unknown))),
    ):
        for start in range(0, len(rows), most):
            here = rows[start : start + most].tolist()
            columns = np.flatnonzero(unknown[here].any(axis=0)).tolist()
            found += [(here, columns[first : first + most]) for first in range(0, len(columns), most)]
    return found


def _json(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    try:
        said = response.json()
    except ValueError as error:
        raise NoAnswer("the answer is no JSON") from error
    if not isinstance(said, dict):
        raise NoAnswer("the answer is no object")
    return said


def _table(rows: object, shape: tuple[int, int]) -> FloatTable:
    """Numbers, NaN for null; raises NoAnswer where the shape is not the one asked for."""
    try:
        table = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NoAnswer("the table is no table of numbers") from error
    if table.shape != shape:
        raise NoAnswer(f"a table of shape {table.shape}, not {shape}")
    return table


def _cell(cell: object, name: str, factor: float) -> float:
    value = cell.get(name) if isinstance(cell, dict) else None
    return float("nan") if value is None else float(value) * factor


def _reason(response: httpx.Response) -> str:
    """What OSRM and Valhalla write beside a refusal."""
    try:
        said = response.json()
    except ValueError:
        return ""
    known = said if isinstance(said, dict) else {}
    return str(known.get("code") or known.get("error") or "")


def _asked_to_wait(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0  # a date; our own wait will do
