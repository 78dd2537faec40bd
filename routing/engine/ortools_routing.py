"""OR-Tools routing: the engine that models everything we ask, whatever the size.

Guided local search for some solutions; then ruin and recreate goes on from the best at true cost, which the
model cannot tell: it does not price waiting. On small problems they alternate. All ends by counts and repeats.
"""

from __future__ import annotations

import random
import time
from importlib.metadata import version
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from ..params import Params
from ..problem import Act, Problem, Sequence
from . import annealing
from .incumbent import Incumbent
from .interface import Draft, Report
from .ortools_model import UNIT, Model
from .ruin import COLD, WARM, Ruin
from .ruin_data import numbers

SLICE = 30  # solutions of OR-Tools
FEW_NODES = (
    40  # up to which OR-Tools has another slice after every cycle: of more, a solution can take seconds
)
START_ROUNDS = 40  # of ruin and recreate from nothing
FIRST_ROUNDS = 200  # then from the best, twice as many each time
FOREVER = 2**62


class OrToolsRouting:
    """See routing.engine.interface.Engine."""

    name = "ortools"

    def unable(self, problem: Problem) -> str | None:
        return None

    def versions(self) -> tuple[str, ...]:
        return (f"ortools {version('ortools')}", *annealing.ENGINE.versions())

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        return _Run(problem, params, report).best_of_all()


class _Run:
    def __init__(self, problem: Problem, params: Params, report: Report) -> None:
        self._end = time.monotonic() + params.seconds
        self._problem, self._seed = problem, params.seed
        self._most = FOREVER if params.iterations is None else params.iterations
        self._model = Model(problem, _shuffled(problem, params.seed))
        self._incumbent = Incumbent(self._model.appraiser, report)

    def best_of_all(self) -> Draft:
        if self._model.node_count:
            polished = annealing.ENGINE.unable(self._problem) is None
            watch = _Watch(self._model, self._incumbent)
            self._model.routing.AddAtSolutionCallback(watch)
            self._guided(self._problem.initial, self._slice() if polished else self._left())
            if polished:
                self._alternate()
        return self._incumbent.told()

    def _left(self) -> int:
        """How many iterations may still be counted: none when the time is over."""
        return 0 if time.monotonic() >= self._end else self._most - self._incumbent.iterations

    def _slice(self) -> int:
        return min(SLICE, self._left())

    def _alternate(self) -> None:
        """Ruin and recreate in ever longer cycles, OR-Tools between them."""
        table = numbers(self._problem, self._model.appraiser)
        cycle, rounds = 0, FIRST_ROUNDS
        while self._left() > 0:
            rivals = []
            for number, begun in enumerate((self._incumbent.best, self._problem.initial)):
                rivals.append(Ruin(table, self._model.appraiser, 1_000 * self._seed + 2 * cycle + number))
                rivals[-1].start(begun)
                self._cool(rivals[-1], START_ROUNDS)
            search = min(rivals, key=lambda rival: rival.best_cost)
            search.rewind()
            self._cool(search, rounds)
            if self._model.node_count <= FEW_NODES:
                self._guided(self._incumbent.best, self._slice())
            cycle, rounds = cycle + 1, 2 * rounds

    def _cool(self, search: Ruin, rounds: int) -> None:
        warm = WARM * search.scale
        self._incumbent.offer(search.sequences())
        for step in range(rounds):
            if self._left() <= 0:
                break
            self._incumbent.iterations += 1
            if search.round(warm * (COLD / WARM) ** (step / rounds)):
                self._incumbent.offer(search.sequences())

    def _guided(self, begun: tuple[Sequence, ...], solutions: int) -> None:
        """OR-Tools from given routes, if it can drive them."""
        if solutions <= 0:
            return
        search = _parameters(solutions)
        search.time_limit.FromMilliseconds(max(1, int((self._end - time.monotonic()) * 1000)))
        routing = self._model.routing
        hint = self._model.hint(begun)
        assignment = None if hint is None else routing.ReadAssignmentFromRoutes(hint, True)
        if assignment is None:
            routing.SolveWithParameters(search)
        else:
            routing.SolveFromAssignmentWithParameters(assignment, search)


class _Watch:
    """Called at every solution; offers those that may be better than the best at true cost."""

    def __init__(self, model: Model, incumbent: Incumbent) -> None:
        self._model, self._incumbent = model, incumbent
        self._least = float("inf")

    def __call__(self) -> None:
        self._incumbent.iterations += 1
        cost = self._model.routing.CostVar().Value()
        worth = self._incumbent.worth
        # Waiting only adds to what the model says; with jobs owed the model's own order decides.
        possible = worth is None or (
            cost < UNIT * (worth.fen + 1) if not worth.missing else cost < self._least
        )
        self._least = min(self._least, cost)
        if possible:
            self._incumbent.offer(self._model.sequences())


def _shuffled(problem: Problem, seed: int) -> list[Act]:
    """The acts in an order drawn by the seed: the search itself draws nothing, it follows node numbers."""
    jobs = list(problem.jobs)
    if seed:
        random.Random(seed).shuffle(jobs)
    pickups = [Act(job.id, "pickup") for job in jobs if job.pickup]
    return pickups + [Act(job.id, "delivery") for job in jobs if job.delivery]


def _parameters(solutions: int) -> Any:
    search = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    # Savings ignores that a pickup goes before its delivery, so pairs begin by insertion.
    search.first_solution_strategy = strategies.LOCAL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    search.solution_limit = solutions
    search.lns_time_limit.FromSeconds(86_400)  # a wall clock inside the search would not repeat
    return search


ENGINE = OrToolsRouting()
