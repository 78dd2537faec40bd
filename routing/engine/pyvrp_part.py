"""One part of a problem searched by PyVRP's iterated local search: from tours, or from nothing, to better tours.

A task names everything that the search depends on, so that it can be done in any process and any order.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyvrp
import pyvrp.search
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearch, IteratedLocalSearchCallbacks

from .pyvrp_model import Model, Part, Tour
from .pyvrp_tuning import OWN, Tuning, tuning

Penalties = tuple[list[float], float, float]
OPERATORS = pyvrp.SolveParams().operators
LEGS = 100.0  # usual legs that a usual load too much, or lateness, costs at first


@dataclass(frozen=True, slots=True)
class Task:
    """Search these jobs with so many vehicles of each kind, from `tours`; ends by count, at `end` at the latest.

    `owed` makes mandatory jobs optional at a price above any cost. `priced` asks for the model with what vehicles
    cost. `end` is of time.monotonic, which processes of one machine share. With `until_feasible` it goes on past
    its count for a solution that can be driven. `memory` is how far late acceptance looks back, at least.
    `own` asks for PyVRP's own parameters.
    """

    jobs: tuple[int, ...]
    available: tuple[int, ...]
    tours: tuple[Tour, ...]
    seed: int
    iterations: int
    end: float
    until_feasible: int = 0  # iterations at most
    owed: bool = False
    penalties: Penalties | None = None
    priced: bool = False
    memory: int = 0
    own: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task found: tours that can be driven or None, its cost in PyVRP's units, that of its beginning."""

    tours: tuple[Tour, ...] | None
    cost: int
    before: int | None
    iterations: int
    penalties: Penalties


Watch = Callable[[Callable[[], tuple[Tour, ...]], int, int], None]


def search(model: Model, task: Task, watch: Watch | None = None) -> Outcome:
    """Does the task; `watch` is called with every better feasible solution (as a function), its cost and the
    iterations.
    """
    part = model.part(task.jobs, task.available, prices=_prices(model, task))
    tuned = OWN if task.own else tuning(model, task.jobs, task.available, task.tours, priced=task.priced)
    local, manager = _tools(part, task, tuned)
    given = model.solution(part, task.tours) if task.tours else None
    begin = given if given is not None and given.is_feasible() else None
    start = begin
    if start is None:
        blank = given or _blank(part, local.rng)
        start = local.search(blank, manager.max_cost_evaluator(), exhaustive=True)
    eye = _Eye(model, part, watch)
    eye.on_best(start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # a part without an answer is told by `tours`
        loop = IteratedLocalSearch(part.data, manager, local.search, start, tuned.iterated(task.memory, eye))
        result = loop.run(_Stop(task, eye), collect_stats=False)
    best = result.best
    return Outcome(
        tours=tuple(model.tours(part, best)) if best.is_feasible() else None,
        cost=_cost(part, best),
        before=None if begin is None else _cost(part, begin),
        iterations=result.num_iterations,
        penalties=manager.penalties(),
    )


def _prices(model: Model, task: Task) -> dict[int, int]:
    """Prices of leaving out jobs that are optional in this task alone."""
    if task.owed:
        return {job: model.owed_price(job) for job in task.jobs if model.mandatory[job]}
    return {}


def _blank(part: Part, rng: pyvrp.RandomNumberGenerator) -> pyvrp.Solution:
    """Where a search from nothing begins: at random, as PyVRP does; idle where nothing need be done."""
    clients, shipments = part.data.clients(), part.data.shipments()
    if any(item.required for item in clients) or any(item.required for item in shipments):
        return pyvrp.Solution.make_random(part.data, rng)
    return pyvrp.Solution(part.data, [])


@dataclass(slots=True)
class _Tools:
    rng: pyvrp.RandomNumberGenerator
    search: pyvrp.search.LocalSearch


def _tools(part: Part, task: Task, tuned: Tuning) -> tuple[_Tools, pyvrp.PenaltyManager]:
    rng = pyvrp.RandomNumberGenerator(seed=task.seed)
    neighbours = pyvrp.search.compute_neighbours(part.data, tuned.neighbourhood())
    perturbation = pyvrp.search.PerturbationManager(tuned.perturbation())
    local = pyvrp.search.LocalSearch(part.data, rng, neighbours, perturbation)
    for operator in OPERATORS:
        if operator.supports(part.data):
            local.add_operator(operator(part.data))
    return _Tools(rng, local), _manager(part, task)


def _manager(part: Part, task: Task) -> pyvrp.PenaltyManager:
    """What overload and lateness cost. Where vehicles are priced PyVRP's own limits, below a vehicle's price: what
    one vehicle less would break is then looked at, and mended, instead of never being driven.
    """
    if task.priced and not task.owed:
        own = pyvrp.PenaltyParams()
        return pyvrp.PenaltyManager(own.midpoint_penalties(part.data), own)
    limits = pyvrp.PenaltyParams(max_penalty=part.dearest)
    return pyvrp.PenaltyManager(task.penalties or _penalties(part), limits)


def _penalties(part: Part) -> Penalties:
    """First prices of overload, lateness and distance too far: a usual leg each for a usual amount of them."""
    data = part.data
    goods = [[c.delivery, c.pickup] for c in data.clients()]
    loads = [[max(side) for side in zip(*pair, strict=False)] for pair in goods]
    loads += [shipment.amount for shipment in data.shipments()]
    usual = np.mean(loads, axis=0) if loads else np.ones(data.num_load_dimensions)
    metres = float(np.mean([table.mean() for table in map(data.distance_matrix, range(data.num_profiles))]))
    seconds = float(np.mean([table.mean() for table in map(data.duration_matrix, range(data.num_profiles))]))
    kinds = data.vehicle_types()
    leg = np.mean([kind.unit_distance_cost * metres + kind.unit_duration_cost * seconds for kind in kinds])
    legs = LEGS * max(1.0, float(leg))
    return (legs / np.maximum(1e-3, usual)).tolist(), legs / max(1.0, seconds), legs / max(1.0, metres)


def _cost(part: Part, solution: pyvrp.Solution) -> int:
    free = pyvrp.CostEvaluator([0] * part.data.num_load_dimensions, 0, 0)
    cost: int = free.cost(solution)
    return cost


class _Stop:
    """By count, or by the clock."""

    def __init__(self, task: Task, eye: _Eye) -> None:
        self._done, self._task, self._eye = 0, task, eye

    def __call__(self, best_cost: float) -> bool:
        most = self._task.iterations
        if not self._eye.feasible:
            most = max(most, self._task.until_feasible)
        if self._done >= most:
            return True
        self._done += 1
        return time.monotonic() >= self._task.end


class _Eye(IteratedLocalSearchCallbacks):
    """Sees every better solution."""

    def __init__(self, model: Model, part: Part, watch: Watch | None) -> None:
        self._model, self._part, self._watch = model, part, watch
        self._iterations = 0
        self.feasible = False

    def on_iteration(self, *_: object) -> None:
        self._iterations += 1

    def on_best(self, best: pyvrp.Solution) -> None:
        if best.is_feasible():
            self.feasible = True
            if self._watch is not None:
                cost = _cost(self._part, best)
                self._watch(lambda: tuple(self._model.tours(self._part, best)), cost, self._iterations)


def draw(seed: int, *words: int) -> random.Random:
    """A stream of its own for each purpose and step."""
    return random.Random(":".join(map(str, (seed, *words))))
