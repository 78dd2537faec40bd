"""Plans from files: ours as JSON, or the .sol of an instance (`Route #1: 3 1 2`, `Cost 784`)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ..plan import Appraiser, Plan, build, from_json
from ..problem import Act, Problem, Refused, Sequence, acts_of, task_of

ROUTE = re.compile(r"^\s*route\s*#?\s*\d+\s*:(.*)$", re.IGNORECASE)
COST = re.compile(r"^\s*cost\s*:?\s*([0-9.eE+]+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan, and the cost that its file states (in the convention of its family), if any."""

    plan: Plan
    stated_cost: float | None


def solution_file(path: Path, problem: Problem) -> Solution:
    """The plan in a file, for a problem with tables.

    Raises Refused where it is neither JSON nor a .sol, and plan.Infeasible where a .sol breaks a rule.
    """
    text = path.read_text(encoding="utf-8")
    if text.lstrip()[:1] == "{":
        try:
            return Solution(from_json(json.loads(text)), None)
        except json.JSONDecodeError as error:
            raise Refused("", f"no JSON: {error}") from error
    rows = [match.group(1).split() for match in map(ROUTE.match, text.splitlines()) if match]
    costs = [float(match.group(1)) for match in map(COST.match, text.splitlines()) if match]
    if not rows:
        raise Refused("", "neither a plan of ours nor a .sol with lines like 'Route #1: 3 1 2'")
    plan = build(Appraiser(problem), _sequences(rows, problem))
    return Solution(plan, costs[-1] if costs else None)


def _sequences(rows: list[list[str]], problem: Problem) -> list[Sequence]:
    """Customer k of a .sol is job k; the n-th route is the n-th vehicle's; a depot on the way is a reload."""
    if len(rows) > len(problem.vehicles):
        raise Refused("routes", f"{len(rows)} routes for {len(problem.vehicles)} vehicles")
    jobs = {job.id: acts_of(job) for job in problem.jobs}
    pairs = {
        task_of(job, act.kind).location: act for job in problem.jobs for act in acts_of(job) if job.pickup
    }
    found = []
    for number, (row, vehicle) in enumerate(zip(rows, problem.vehicles, strict=False)):
        reloads = {task.location for task in vehicle.reloads}
        acts: list[Act] = []
        for spot, name in enumerate(row):
            if name in jobs and len(jobs[name]) == 1:
                acts += jobs[name]
            elif name in pairs:
                acts.append(pairs[name])
            elif name in reloads:
                acts.append(Act("", "reload", name))
            else:
                raise Refused(f"routes[{number}][{spot}]", f"no such customer: {name!r}")
        found.append(Sequence(vehicle.id, tuple(acts)))
    return found
