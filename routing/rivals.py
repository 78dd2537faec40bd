"""Ours beside other solvers, each as a program of its own from start to exit, on the same cores and seconds.

`make bench-routing` makes the others' environment and runs this. Figures are gaps in percent to the best known
cost that a `bks.json` beside an instance gives, or else to the best of the run; vehicles where they come first.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
SOLVERS = ("ours", "pyvrp", "vroom", "ortools")
KINDS = {".vrp", ".txt", ".json", ".vrpsdptw"}
SAMPLE_SECONDS = 0.5
PATIENCE = 2.0  # how many times its seconds a solver may take before it is ended


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `cost` is None where there was no plan; seconds are from start to exit; PSS of all its processes."""

    family: str
    instance: str
    solver: str
    seed: int
    cost: float | None
    vehicles: int
    seconds: float
    megabytes: int
    best_known: float | None


def main() -> int:
    asked = _asked()
    files = sorted(
        path
        for root in asked.instances
        for path in (root.rglob("*") if root.is_dir() else [root])
        if path.suffix in KINDS and path.name != "bks.json"
    )
    if not files:
        sys.stderr.write("no instances there: .vrp, .txt or our .json files are wanted\n")
        return 2
    runs = []
    for path in files:
        for solver in asked.solvers:
            for seed in asked.seeds:
                run = _run(path, solver, seed, asked)
                runs.append(run)
                sys.stderr.write(f"{run}\n")
    sys.stdout.write("\n".join(report(runs, fleet=asked.objective == "fleet")) + "\n")
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m routing.rivals", description=__doc__)
    parser.add_argument("instances", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--solvers", choices=SOLVERS, nargs="+", default=list(SOLVERS))
    parser.add_argument("--objective", choices=["cost", "distance", "fleet"], default="cost")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the others")
    return parser.parse_args()


def _command(solver: str, asked: argparse.Namespace) -> list[str]:
    if solver == "ours":
        return [sys.executable, "-m", "routing", "solve"]
    if solver == "ortools":
        return [sys.executable, "-m", "routing", "solve", "--engine", "ortools"]
    return [asked.python, "-m", f"routing.peers.{solver}"]


def _run(path: Path, solver: str, seed: int, asked: argparse.Namespace) -> Run:
    options = {"seconds": asked.seconds, "cores": asked.cores, "seed": seed, "objective": asked.objective}
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    cores = set(sorted(os.sched_getaffinity(0))[-asked.cores :])
    begun = time.monotonic()
    process = subprocess.Popen(
        [*_command(solver, asked), str(path), *words],
        cwd=HOME,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        start_new_session=True,
    )
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_pss, _tree(process.pid))))
        if time.monotonic() - begun > PATIENCE * asked.seconds + 5:
            process.kill()
        try:
            process.wait(SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    seconds = time.monotonic() - begun
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    found = json.loads(lines[-1]) if lines and process.returncode == 0 else None
    good = found is not None and not found["owed"] and not found["violations"]
    fleet = asked.objective == "fleet"
    return Run(
        family=path.parent.name,
        instance=path.stem,
        solver=solver,
        seed=seed,
        cost=found["distance" if fleet else "cost"] if found and good else None,
        vehicles=found["vehicles"] if found and good else 0,
        seconds=round(seconds, 2),
        megabytes=most // 1024,
        best_known=_best_known(path, fleet=fleet),
    )


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _pss(pid: int) -> int:
    """Kilobytes, pages shared by several processes counted in shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _best_known(path: Path, *, fleet: bool) -> float | None:
    listed = path.parent / "bks.json"
    if not listed.exists():
        return None
    for name, item in json.loads(listed.read_text(encoding="utf-8")).items():
        if not isinstance(item, dict):  # a cost by the instance's name
            if name == path.stem:
                return float(item)
        elif item["file"] == path.name:
            best = item["bks"]
            if isinstance(best, dict):
                return float(best["distance"]) if fleet else None
            return float(best)
    return None


def report(runs: list[Run], *, fleet: bool) -> list[str]:
    """Two tables in Markdown: every instance, then every family with the mean gap and how often ours is worse."""
    solvers = list(dict.fromkeys(run.solver for run in runs))
    table: dict[tuple[str, str], dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        table[run.family, run.instance][run.solver].append(run)
    lines = ["| instance | " + " | ".join(solvers) + " |", "|---" * (1 + len(solvers)) + "|"]
    gaps: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (family, name), by_solver in table.items():
        cells = []
        best = _reference(by_solver)
        for solver in solvers:
            gap = _gap(by_solver[solver], best)
            if gap is not None:
                gaps[family][solver].append(gap)
            cells.append(_cell(by_solver[solver], gap, fleet=fleet))
        lines.append(f"| {family} {name} | " + " | ".join(cells) + " |")
    lines += ["", "| family | " + " | ".join(solvers) + " |", "|---" * (1 + len(solvers)) + "|"]
    for family, found in gaps.items():
        means = [f"{statistics.mean(found[solver]):.2f}" if found[solver] else "-" for solver in solvers]
        lines.append(f"| {family} | " + " | ".join(means) + " |")
    return lines


def _reference(by_solver: dict[str, list[Run]]) -> float:
    runs = [run for found in by_solver.values() for run in found]
    known = next((run.best_known for run in runs if run.best_known), None)
    costs = [run.cost for run in runs if run.cost is not None]
    return known or min(costs, default=1.0)


def _gap(runs: list[Run], best: float) -> float | None:
    """Mean gap in percent; None where a run had no plan."""
    costs = [run.cost for run in runs]
    if not costs or any(cost is None for cost in costs):
        return None
    return 100 * (statistics.mean(cost for cost in costs if cost is not None) / best - 1)


def _cell(runs: list[Run], gap: float | None, *, fleet: bool) -> str:
    if gap is None:
        return "none"
    vehicles = f"{statistics.mean(run.vehicles for run in runs):g} vehicles, " if fleet else ""
    memory = max(run.megabytes for run in runs)
    slowest = max(run.seconds for run in runs)
    return f"{vehicles}{gap:.2f} ({slowest:.1f} s, {memory} MB)"


if __name__ == "__main__":
    sys.exit(main())
