"""The problem: frozen dataclasses, JSON in and out, refusal with the path of the field."""

from __future__ import annotations

import json
from typing import Any

from .codec import Grid, Json, Refused, decode, encode, schema
from .model import (
    MAX_BYTES,
    MAX_LOCATIONS,
    Act,
    ActKind,
    Break,
    Group,
    Job,
    Location,
    Lock,
    Problem,
    Profile,
    Sequence,
    Task,
    Terrain,
    Vehicle,
    Window,
    acts_of,
    task_of,
)

__all__ = [
    "MAX_BYTES",
    "MAX_LOCATIONS",
    "Act",
    "ActKind",
    "Break",
    "Grid",
    "Group",
    "Job",
    "Json",
    "Location",
    "Lock",
    "Problem",
    "Profile",
    "Refused",
    "Sequence",
    "Task",
    "Terrain",
    "Vehicle",
    "Window",
    "acts_of",
    "decode",
    "dumps",
    "encode",
    "from_json",
    "loads",
    "problem_schema",
    "schema",
    "task_of",
    "to_json",
]


def loads(text: str | bytes) -> Problem:
    """A problem from JSON text; raises Refused where it is too large, broken or nonsense."""
    if len(text) > MAX_BYTES:
        raise Refused("", f"{len(text)} bytes of JSON; more than {MAX_BYTES} are refused")
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("", f"no JSON: {error}") from error
    return from_json(value)


def from_json(value: Json) -> Problem:
    """A problem from what json.loads returned."""
    if isinstance(value, dict) and isinstance(value.get("locations"), list):
        count = len(value["locations"])
        if count > MAX_LOCATIONS:
            raise Refused("locations", f"{count} locations; more than {MAX_LOCATIONS} are refused")
    return decode(Problem, value)


def to_json(problem: Problem) -> dict[str, Any]:
    """Plain JSON values that `from_json` reads back to an equal problem."""
    encoded: dict[str, Any] = encode(problem)
    return encoded


def dumps(problem: Problem) -> str:
    return json.dumps(to_json(problem), ensure_ascii=False, separators=(",", ":"))


def problem_schema() -> dict[str, Any]:
    """The published JSON Schema (kept as routing/problem/schema.json)."""
    return schema(Problem)
