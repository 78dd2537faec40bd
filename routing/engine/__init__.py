"""The engines: every model of a foreign solver lives in this folder, behind one small interface.

The choice is by what the problem contains, and it is explained. Engines are imported when they are asked for:
loading a solver takes a quarter of a second that a checker or a reader should not pay.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from ..problem import Problem
from .interface import Draft, Engine, Report

__all__ = ["Choice", "Draft", "Engine", "Report", "UnknownEngine", "choose", "load"]

_HOMES = {
    "pyvrp": "routing.engine.pyvrp_search",
    "ruin": "routing.engine.annealing",
    "ortools": "routing.engine.ortools_routing",
}
STRONGEST_FIRST = ("pyvrp", "ruin", "ortools")


class UnknownEngine(ValueError):
    """No engine of that name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine to use, and why."""

    name: str
    reason: str


def load(name: str) -> Engine:
    """The engine of that name; raises UnknownEngine."""
    if name not in _HOMES:
        raise UnknownEngine(f"no engine {name!r}; there are {', '.join(_HOMES)}")
    engine: Engine = importlib.import_module(_HOMES[name]).ENGINE
    return engine


def choose(problem: Problem, wanted: str = "") -> Choice:
    """The wanted engine, or else the strongest for its kind (as measured) that models the whole problem."""
    if wanted:
        lack = load(wanted).unable(problem)
        if lack:
            raise UnknownEngine(f"{wanted} does not model {lack}")
        return Choice(wanted, "asked for")
    why = "pyvrp is the strongest on what it models"
    lacks: list[str] = []
    for name in STRONGEST_FIRST:
        lack = load(name).unable(problem)
        if lack is None:
            return Choice(name, "; ".join([why, *lacks, f"{name} models all of it"]))
        lacks.append(f"{name} does not model {lack}")
    raise UnknownEngine("; ".join(lacks))
