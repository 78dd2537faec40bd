"""Problems from files."""

from __future__ import annotations

from pathlib import Path

from ..problem import MAX_BYTES, Problem, Refused, loads

__all__ = ["problem_file"]


def problem_file(path: Path) -> Problem:
    """The problem in a file; raises Refused where it is too large or nonsense, OSError without a file."""
    if path.stat().st_size > MAX_BYTES:
        raise Refused("", f"{path.stat().st_size} bytes; more than {MAX_BYTES} are refused")
    return loads(path.read_bytes())
