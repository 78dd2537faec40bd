"""What an engine is: it takes a problem with tables and gives sequences; we compute times and costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..params import Params
from ..problem import Problem, Sequence


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engine found so far. `iterations` are counted in the engine's own unit."""

    sequences: tuple[Sequence, ...]
    iterations: int
    seconds: float


Report = Callable[[Draft], None]


class Engine(Protocol):
    """One way to search. `unable` names the first thing in the problem that the engine does not model."""

    name: str

    def unable(self, problem: Problem) -> str | None: ...

    def versions(self) -> tuple[str, ...]: ...

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        """Reports every better draft on the way and returns the last; keeps to params.seconds by itself."""
        ...
