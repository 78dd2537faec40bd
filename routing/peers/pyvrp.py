"""Plain PyVRP: the problem as it would read it itself, its own parameters, one process."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import pyvrp
from pyvrp.stop import MaxRuntime

from ..engine.pyvrp_model import Model
from ..problem import Problem, Sequence
from ..stop import process_start
from .common import main

WIND_UP = 0.1  # seconds for what comes after the search


def solve(problem: Problem, seconds: float, cores: int, seed: int) -> Iterable[Sequence]:
    model = Model(problem)
    part = model.part(range(len(model.jobs)), [len(members) for members in model.kinds])
    left = seconds - WIND_UP - (time.monotonic() - process_start())
    found = pyvrp.solve(part.data, MaxRuntime(max(0.1, left)), seed, collect_stats=False)
    return model.sequences(model.tours(part, found.best)) if found.best.is_feasible() else ()


if __name__ == "__main__":
    sys.exit(main(solve))
