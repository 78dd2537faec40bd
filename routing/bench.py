"""Engines side by side on the same problems: cost, gap to the best known, wall clock and memory of each run."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .problem import Problem
from .read import FLEET_PRICE, problem_file
from .solver import Params, solve_with


@dataclass(frozen=True, slots=True)
class Row:
    """One run. `cost` is in fen; `gap` is to the best known cost where there is one, in percent."""

    problem: str
    engine: str
    seed: int
    cost: int
    vehicles: int
    owed: int
    gap: float | None
    seconds: float
    child_mb: int  # the largest search process so far


def run(
    problems: Iterable[tuple[Problem, int | None]],
    engines: Iterable[str],
    seconds: float,
    seeds: Iterable[int],
) -> Iterator[Row]:
    """Every engine on every problem (with its best known cost, if any) and every seed, one after another."""
    engines, seeds = tuple(engines), tuple(seeds)
    for problem, known in problems:
        for engine in engines:
            for seed in seeds:
                yield _row(problem, known, engine, Params(seconds=seconds, seed=seed, engine=engine))


def from_files(paths: Iterable[Path]) -> Iterator[tuple[Problem, int | None]]:
    """Problems with the best known cost that a `bks.json` beside them gives."""
    for path in paths:
        problem = problem_file(path)
        yield problem, _best_known(path, problem)


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| problem | engine | seed | cost | vehicles | owed | gap % | s | MB |", "|" + "---|" * 9]
    for row in rows:
        gap = "" if row.gap is None else f"{row.gap:.2f}"
        cells = (
            row.problem,
            row.engine,
            row.seed,
            row.cost,
            row.vehicles,
            row.owed,
            gap,
            row.seconds,
            row.child_mb,
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _row(problem: Problem, known: int | None, engine: str, params: Params) -> Row:
    begun = time.monotonic()
    plan = solve_with(problem, params)
    return Row(
        problem=problem.name,
        engine=plan.engine,
        seed=params.seed,
        cost=plan.cost.total,
        vehicles=len(plan.routes),
        owed=len(plan.owed),
        gap=None if not known else 100 * (plan.cost.total / known - 1),
        seconds=round(time.monotonic() - begun, 2),
        child_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    )


def _best_known(path: Path, problem: Problem) -> int | None:
    """In the units of the tables; of vehicles first and then distance, as the reader prices them."""
    listed = path.parent / "bks.json"
    if not listed.exists():
        return None
    found = json.loads(listed.read_text(encoding="utf-8")).get(path.stem)
    if found is None:
        return None
    best = found["bks"]
    if isinstance(best, dict):
        return int(best["vehicles"]) * FLEET_PRICE + round(float(best["distance"]) * problem.scale)
    return round(float(best) * problem.scale)
