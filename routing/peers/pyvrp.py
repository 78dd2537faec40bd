"""Plain PyVRP: the problem as it would read it itself, its own parameters, one process."""

from __future__ import annotations

import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import pyvrp
from pyvrp.stop import MaxRuntime

from ..engine.pyvrp_model import Model
from ..problem import Act, Problem, Sequence
from ..stop import process_start
from .program import main

WIND_UP = 0.1  # seconds for what comes after the search
ROUNDING = {
    "CVRP": "round",
    "VRPTW": "dimacs",
    "PCVRPTW": "dimacs",
    "MDVRPTW": "exact",
    "HFVRP": "exact",
    "MTVRPTWR": "dimacs",
}


def solve(path: Path, problem: Problem, asked: Namespace) -> Iterable[Sequence]:
    """Files of its own dialect read by itself; the others as `engine.pyvrp_model` writes plain classes."""
    kind = re.search(r"^TYPE\s*:\s*(\w+)", path.read_text()[:2_000], re.MULTILINE)
    if kind and kind.group(1) in ROUNDING and asked.objective == "cost":
        data = pyvrp.read(path, ROUNDING[kind.group(1)])
        return _own(data, _search(data, asked))
    model = Model(problem)
    part = model.part(range(len(model.jobs)), [len(members) for members in model.kinds])
    best = _search(part.data, asked)
    return model.sequences(model.tours(part, best)) if best.is_feasible() else ()


def _search(data: pyvrp.ProblemData, asked: Namespace) -> pyvrp.Solution:
    left = asked.seconds - WIND_UP - (time.monotonic() - process_start())
    found = pyvrp.solve(data, MaxRuntime(max(0.1, left)), asked.seed, collect_stats=False)
    return found.best


def _own(data: pyvrp.ProblemData, best: pyvrp.Solution) -> Iterable[Sequence]:
    """Its vehicle types are named by the numbers of their vehicles, its locations by those of the file."""
    spare = [iter(kind.name.split(",")) for kind in data.vehicle_types()]
    for route in best.routes() if best.is_feasible() else ():
        acts = [
            Act(str(data.client(done.idx).location), "delivery")
            if done.is_client()
            else Act("", "reload", str(data.depot(done.idx).location))
            for done in route.schedule()[1:-1]
        ]
        yield Sequence(f"vehicle-{next(spare[route.vehicle_type()])}", tuple(acts))


if __name__ == "__main__":
    sys.exit(main(solve))
