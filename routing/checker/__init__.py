"""Whether a plan keeps every rule of its problem. All figures are computed again from the input.

Shares no code with the engines, the schedule or the appraiser; only the data classes and the travel tables.
"""

from __future__ import annotations

from ..plan import Plan
from ..problem import Problem
from .routes import check_route
from .violation import Violation
from .whole import check_whole

__all__ = ["Violation", "check"]


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every broken rule; an empty list means that the plan can be driven and costs what it says.

    The problem needs its tables (`routing.distances.completed`); raises routing.matrix.NoTable without them.
    """
    violations = check_whole(problem, plan)
    known = {vehicle.id for vehicle in problem.vehicles}
    jobs = {job.id for job in problem.jobs}
    for route in plan.routes:
        names = {done.job for step in route.steps for done in step.acts if done.kind != "reload"}
        if route.vehicle in known and names <= jobs:
            violations += check_route(problem, route)
    return violations
