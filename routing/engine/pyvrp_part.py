"""One part of a problem searched by PyVRP's local search: from nothing to tours, and from tours to better ones.

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

from .pyvrp_cooling import Heat, anneal
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
    its count for a solution that can be driven. With `heat` it is annealed, where `tours` can be driven: by count,
    or by the clock where the count is endless. `own` asks for PyVRP's own parameters.
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
    heat: Heat | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task found: tours that can be driven or None, their cost in PyVRP's units, that of its beginning.

    `last` and its cost are of where an annealed search ended.
    """

    tours: tuple[Tour, ...] | None
    cost: int
    before: int | None
    iterations: int
    penalties: Penalties
    last: tuple[Tour, ...] | None = None
    last_cost: int = 0


Watch = Callable[[Callable[[], tuple[Tour, ...]], int, int], None]


def search(model: Model, task: Task, watch: Watch | None = None) -> Outcome:
    """Does the task; `watch` is called with every better feasible solution (as a function), its cost and the
    iterations.
    """
    part = model.part(task.jobs, task.available, prices=_prices(model, task))
    tuned = OWN if task.own else tuning(model, task.jobs, task.available, task.tours, priced=task.priced)
    local, manager = local_search(part, tuned, task.seed), _manager(part, task)
    given = model.solution(part, task.tours) if task.tours else None
    begin = given if given is not None and given.is_feasible() else None
    eye = _Eye(model, part, watch)
    if begin is not None and task.heat is not None:
        return _annealed(model, part, task, local, manager, begin, eye)
    start = begin
    if start is None:
        blank = given or _blank(part, local.rng)
        start = local.search(blank, manager.max_cost_evaluator(), exhaustive=True)
    eye.on_best(start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # a part without an answer is told by `tours`
        loop = IteratedLocalSearch(part.data, manager, local.search, start, tuned.iterated(eye))
        result = loop.run(_Stop(task, eye), collect_stats=False)
    best = result.best
    return Outcome(
        tours=tuple(model.tours(part, best)) if best.is_feasible() else None,
        cost=_cost(part, best),
        before=None if begin is None else _cost(part, begin),
        iterations=result.num_iterations,
        penalties=manager.penalties(),
    )


def _annealed(
    model: Model,
    part: Part,
    task: Task,
    local: Local,
    manager: pyvrp.PenaltyManager,
    begin: pyvrp.Solution,
    eye: _Eye,
) -> Outcome:
    assert task.heat is not None
    warmth = task.heat.over(task.iterations, task.end)
    found = anneal(local.search, manager, begin, warmth, eye, draw(task.seed))
    return Outcome(
        tours=tuple(model.tours(part, found.best)),
        cost=_cost(part, found.best),
        before=_cost(part, begin),
        iterations=found.iterations,
        penalties=manager.penalties(),
        last=tuple(model.tours(part, found.last)),
        last_cost=_cost(part, found.last),
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
class Local:
    """PyVRP's local search and the stream that it draws from."""

    rng: pyvrp.RandomNumberGenerator
    search: pyvrp.search.LocalSearch


def local_search(part: Part, tuned: Tuning, seed: int) -> Local:
    """PyVRP's local search with all of its operators that the part has a use for."""
    rng = pyvrp.RandomNumberGenerator(seed=seed)
    neighbours = pyvrp.search.compute_neighbours(part.data, tuned.neighbourhood())
    perturbation = pyvrp.search.PerturbationManager(tuned.perturbation())
    local = pyvrp.search.LocalSearch(part.data, rng, neighbours, perturbation)
    for operator in OPERATORS:
        if operator.supports(part.data):
            local.add_operator(operator(part.data))
    return Local(rng, local)


def _manager(part: Part, task: Task) -> pyvrp.PenaltyManager:
    """What overload and lateness cost. Where vehicles are priced PyVRP's own limits, below a vehicle's price: what
    one vehicle less would break is then looked at, and mended, instead of never being driven.
    """
    if task.priced and not task.owed:
        own = pyvrp.PenaltyParams()
        return pyvrp.PenaltyManager(own.midpoint_penalties(part.data), own)
    limits = pyvrp.PenaltyParams(max_penalty=part.dearest)
    return pyvrp.PenaltyManager(task.penalties or first_penalties(part), limits)


def first_penalties(part: Part) -> Penalties:
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
