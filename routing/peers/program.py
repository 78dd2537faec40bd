"""What the programs share: arguments, and the figures of a plan that the checker passed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ..checker import check
from ..distances import completed
from ..plan import Appraiser, Infeasible, build
from ..problem import Problem, Sequence
from ..read import problem_file, with_objective

Solver = Callable[[Path, Problem, argparse.Namespace], Iterable[Sequence]]


def main(solver: Solver) -> int:
    """Solves a file by `solver(path, problem, arguments)` and prints what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("problem", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objective", choices=["cost", "distance", "fleet"], default="cost")
    asked = parser.parse_args()
    problem = completed(with_objective(problem_file(asked.problem), asked.objective))
    sequences = solver(asked.problem, problem, asked)
    try:
        plan = build(Appraiser(problem), sequences)
    except Infeasible as error:
        sys.stderr.write(f"no plan: {error}\n")
        return 1
    scale = problem.cost_scale or problem.scale
    figures = {
        "cost": plan.cost.total / scale,
        "distance": plan.metres / problem.scale,
        "vehicles": len(plan.routes),
        "owed": len(plan.owed),
        "violations": len(check(problem, plan)),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0
