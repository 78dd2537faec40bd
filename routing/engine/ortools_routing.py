"""OR-Tools routing: the engine that models everything we ask, by guided local search."""

from __future__ import annotations

import random
import time
from importlib.metadata import version
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from ..params import Params
from ..problem import Act, Problem, Sequence
from .interface import Draft, Report
from .ortools_model import Model

REPORT_EVERY = 0.1


class OrToolsRouting:
    """See routing.engine.interface.Engine."""

    name = "ortools"

    def unable(self, problem: Problem) -> str | None:
        return None

    def versions(self) -> tuple[str, ...]:
        return (f"ortools {version('ortools')}",)

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        begun = time.monotonic()
        acts = _shuffled(problem, params.seed)
        model = Model(problem, acts)
        watch = _Watch(model, begun, report)
        if model.node_count:
            model.routing.AddAtSolutionCallback(watch)
            _solve(model, params, begun + params.seconds)
        draft = Draft(watch.best, watch.solutions, time.monotonic() - begun)
        report(draft)
        return draft


class _Watch:
    """Called at every solution; keeps the best sequences and reports them, not more often than it helps."""

    def __init__(self, model: Model, begun: float, report: Report) -> None:
        self._model, self._begun, self._report = model, begun, report
        self.best: tuple[Sequence, ...] = ()
        self.solutions = 0
        self._cost = float("inf")
        self._reported = 0.0

    def __call__(self) -> None:
        self.solutions += 1
        cost = self._model.routing.CostVar().Value()
        if cost >= self._cost:
            return
        self._cost, self.best = cost, self._model.sequences()
        now = time.monotonic()
        if now - self._reported >= REPORT_EVERY:
            self._reported = now
            self._report(Draft(self.best, self.solutions, now - self._begun))


def _shuffled(problem: Problem, seed: int) -> list[Act]:
    """The acts in an order drawn by the seed: the search itself draws nothing, it follows node numbers."""
    jobs = list(problem.jobs)
    if seed:
        random.Random(seed).shuffle(jobs)
    pickups = [Act(job.id, "pickup") for job in jobs if job.pickup]
    return pickups + [Act(job.id, "delivery") for job in jobs if job.delivery]


def _solve(model: Model, params: Params, deadline: float) -> None:
    search = _parameters(model, params)
    search.time_limit.FromMilliseconds(max(1, int((deadline - time.monotonic()) * 1000)))
    hint = model.hint()
    if hint is not None:
        assignment = model.routing.ReadAssignmentFromRoutes(hint, True)
        if assignment is not None:
            model.routing.SolveFromAssignmentWithParameters(assignment, search)
            return
    model.routing.SolveWithParameters(search)


def _parameters(model: Model, params: Params) -> Any:
    search = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    # Savings ignores that a pickup goes before its delivery, so pairs begin by insertion.
    search.first_solution_strategy = strategies.LOCAL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if params.iterations is not None:
        search.solution_limit = params.iterations
        search.lns_time_limit.FromSeconds(3600)  # a wall clock inside the search would not repeat
    return search


ENGINE = OrToolsRouting()
