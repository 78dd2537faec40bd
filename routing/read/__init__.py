"""Problems and plans from files: our JSON (with tables in it or in an .npz), CVRPLIB and its dialects, Solomon,
Gehring-Homberger, Li and Lim, Cordeau, ORTEC, JD, Loggi, and .sol files.

The format is found by looking at the file, not at its name.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

from ..problem import MAX_BYTES, Problem, Refused
from .files import json_of, problem_of_json
from .fleets import is_jd, is_loggi, read_jd, read_loggi
from .plane import FLEET_FIRST
from .solutions import Solution, solution_file
from .tables import is_cordeau, is_lilim, is_solomon, read_cordeau, read_lilim, read_solomon
from .vrplib import is_vrplib, read_vrplib

__all__ = [
    "FLEET_PRICE",
    "Objective",
    "Solution",
    "problem_file",
    "problem_text",
    "solution_file",
    "with_objective",
]

Objective = Literal["distance", "fleet", "cost"]
FLEET_PRICE = FLEET_FIRST  # fen of a vehicle where fewer vehicles come first


def problem_file(path: Path) -> Problem:
    """The problem in a file; raises Refused where it is too large or nonsense, OSError without a file."""
    if path.stat().st_size > MAX_BYTES:
        raise Refused("", f"{path.stat().st_size} bytes; more than {MAX_BYTES} are refused")
    return problem_text(path.read_bytes(), path.stem, path.parent)


def problem_text(raw: bytes, name: str = "", folder: Path | None = None) -> Problem:
    """The problem in the text of a file; `folder` is where the .npz files lie that it may name."""
    if raw.lstrip()[:1] in (b"{", b"["):
        value = json_of(raw)
        return read_loggi(value) if is_loggi(value) else problem_of_json(value, folder)
    try:
        text = raw.decode("utf-8-sig")
        if is_jd(text):
            return read_jd(text)
        if is_vrplib(text):
            return read_vrplib(text)
        if is_solomon(text):
            return read_solomon(text, name)
        if is_lilim(text):
            return read_lilim(text, name)
        if is_cordeau(text):
            return read_cordeau(text, name)
    except (ValueError, IndexError, KeyError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("file", f"broken: {type(error).__name__} {error}") from error
    raise Refused("file", "neither our JSON nor Loggi, CVRPLIB, Solomon, Li and Lim, Cordeau or JD")


def with_objective(problem: Problem, objective: Objective) -> Problem:
    """Other prices on the same problem: distance alone, few vehicles first, or its own cost."""
    if objective == "cost":
        return problem
    fixed = FLEET_PRICE if objective == "fleet" else 0
    vehicles = tuple(
        dataclasses.replace(vehicle, km_price=1_000, hour_price=0, fixed_price=fixed)
        for vehicle in problem.vehicles
    )
    return dataclasses.replace(problem, vehicles=vehicles)
