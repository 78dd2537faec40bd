"""Reloads and groups of alternatives in PyVRP: its own reload depots and client groups, one search on the whole.

Its local search seldom begins a trip where that pays only with other changes. Ruin and recreate does, so where
there are few acts it goes first, and the better of both counts.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearch, IteratedLocalSearchCallbacks

from ..params import Params
from ..problem import Act, Problem, Sequence, acts_of
from . import annealing
from .incumbent import Incumbent
from .interface import Draft, Report
from .pyvrp_cooling import ENDLESS, anneal, heat
from .pyvrp_fleet import vehicles_first
from .pyvrp_model import Model, Part, kind_counts
from .pyvrp_part import draw, first_penalties, local_search
from .pyvrp_tuning import FIRST_PER_ACT, Tuning, tuning

FEASIBLE_SHARE = 0.3  # of the search, after which mandatory jobs may be left out at a price
FEASIBLE_COUNT = 2_000  # the same in iterations
OFFER_EVERY = 0.2  # seconds
RUIN_ACTS = 60  # up to which ruin and recreate goes first
RUIN_ROUNDS = 400
RUIN_SHARE = 0.3  # of the search at most


def needed(problem: Problem) -> bool:
    """Whether a problem has what only this module models."""
    return bool(problem.groups) or any(vehicle.reloads for vehicle in problem.vehicles)


def lack(problem: Problem) -> str | None:
    """What of reloads and groups PyVRP does not model."""
    ends = {end for vehicle in problem.vehicles for end in (vehicle.start, vehicle.end)}
    stays = {place.id: place.visit_seconds for place in problem.locations}
    reloads = [task for vehicle in problem.vehicles for task in vehicle.reloads]
    pairs = {job.id for job in problem.jobs if len(acts_of(job)) == 2}
    slow = any(task.service_seconds or task.windows or stays[task.location] for task in reloads)
    lacks = {
        "reloads that take time or have windows": slow,
        "reloads where no vehicle starts or ends": any(task.location not in ends for task in reloads),
        "reloads by class": any(
            place.classes is not None and place.id in {task.location for task in reloads}
            for place in problem.locations
        ),
        "an initial plan with them": needed(problem) and bool(problem.initial),
        "pairs beside reloads": bool(reloads and pairs),
        "pairs in groups": any(pairs & set(group.jobs) for group in problem.groups),
    }
    return next((name for name, there in lacks.items() if there), None)


@dataclass(slots=True)
class _Phase:
    """A search for a first plan: ends with one after its count, or at its end; without one where it gives up."""

    end: float
    count: int
    give_up_at: float
    give_up_after: int
    found: Callable[[], bool]
    done: int = 0

    def __call__(self, best_cost: float) -> bool:
        now = time.monotonic()
        lost = now >= self.give_up_at or self.done >= self.give_up_after
        if now >= self.end or (lost if not self.found() else self.done >= self.count):
            return True
        self.done += 1
        return False


class _Eye(IteratedLocalSearchCallbacks):
    """Offers solutions that can be driven; the last one is offered by the search itself."""

    def __init__(self, model: Model, part: Part, incumbent: Incumbent) -> None:
        self._model, self._part, self._incumbent = model, part, incumbent
        self._offered = 0.0
        self.found = False

    def on_start(self, ils: IteratedLocalSearch) -> None:
        self.on_best(ils.initial_solution)

    def on_iteration(self, *_: object) -> None:
        self._incumbent.iterations += 1

    def on_best(self, best: pyvrp.Solution) -> None:
        if not best.is_feasible():
            return
        now = time.monotonic()
        if not self.found or now - self._offered >= OFFER_EVERY:
            self.found, self._offered = True, now
            self._incumbent.offer(_sequences(self._model, self._part, best))


def search(problem: Problem, params: Params, report: Report, begun: float) -> Draft:
    """Mandatory jobs as required first; where that is not feasible in time, at a price above any cost."""
    model = Model(problem)
    incumbent = Incumbent(model.appraiser, report)
    if not model.jobs:
        return incumbent.told()
    count = ENDLESS if params.iterations is None else params.iterations
    if len(model.acts) <= RUIN_ACTS:
        few = replace(params, seconds=RUIN_SHARE * params.seconds, iterations=min(RUIN_ROUNDS, count))
        first = annealing.ENGINE.search(problem, few, lambda draft: incumbent.offer(draft.sequences))
        incumbent.iterations += first.iterations
    end = begun + params.seconds
    share = begun + FEASIBLE_SHARE * params.seconds if params.iterations is None else end
    kinds = kind_counts(model.kinds)
    tuned = tuning(model, range(len(model.jobs)), kinds, priced=vehicles_first(problem))
    first_count = int(FIRST_PER_ACT * len(model.acts))
    for owed in (False, True):
        part = _part(model, owed)
        eye = _Eye(model, part, incumbent)
        limits = (end, count) if owed else (share, min(count, FEASIBLE_COUNT))
        stop = _Phase(end, min(count, first_count), *limits, lambda eye=eye: eye.found)  # type: ignore[misc]
        settings = pyvrp.SolveParams(
            ils=tuned.iterated(eye),
            neighbourhood=tuned.neighbourhood(),
            perturbation=tuned.perturbation(),
            penalty=pyvrp.PenaltyParams(max_penalty=part.dearest),
        )
        with warnings.catch_warnings():
            # what cannot be done is told by the next phase
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            result = pyvrp.solve(
                part.data, stop, seed=params.seed, collect_stats=False, display=False, params=settings
            )
        if result.best.is_feasible():
            incumbent.offer(_sequences(model, part, result.best))
            left = ENDLESS if count == ENDLESS else count - incumbent.iterations
            best = _cooled(part, tuned, result.best, params.seed, left, end, eye)
            incumbent.offer(_sequences(model, part, best))
            break
    return incumbent.told()


def _cooled(
    part: Part, tuned: Tuning, begin: pyvrp.Solution, seed: int, count: int, end: float, eye: _Eye
) -> pyvrp.Solution:
    """The best that annealing comes by from a first plan."""
    spent = begin.fixed_vehicle_cost() + begin.distance_cost() + begin.duration_cost()
    warmth = heat(spent, begin.num_clients() + 2 * begin.num_shipments()).over(count, end)
    local, penalties = local_search(part, tuned, seed), pyvrp.PenaltyParams(max_penalty=part.dearest)
    manager = pyvrp.PenaltyManager(first_penalties(part), penalties)
    return anneal(local.search, manager, begin, warmth, eye, draw(seed)).best


def _part(model: Model, owed: bool) -> Part:
    """The whole as PyVRP data, with reload depots and client groups."""
    everybody = range(len(model.jobs))
    prices = {job: model.owed_price(job) for job in everybody if owed and model.mandatory[job]}
    part = model.part(everybody, kind_counts(model.kinds), prices=prices)
    types = []
    for kind, made in zip(part.kinds, part.data.vehicle_types(), strict=True):
        vehicle = model.kinds[kind][0]
        most = len(model.jobs) if vehicle.max_trips is None else vehicle.max_trips - 1
        depots = [model.ends[task.location] for task in vehicle.reloads]
        types.append(made.replace(reload_depots=depots, max_reloads=most if depots else 0))
    clients, groups = _grouped(model, part, owed)
    data = part.data.replace(vehicle_types=types, clients=clients, groups=groups)
    return Part(data, part.kinds, part.clients, part.shipments, part.dearest)


def _grouped(model: Model, part: Part, owed: bool) -> tuple[list[pyvrp.Client], list[pyvrp.ClientGroup]]:
    """Every alternative has the price of its group as its prize, so that none costs that once more than one."""
    clients = list(part.data.clients())
    groups: list[pyvrp.ClientGroup] = []
    client_of = {model.jobs[job].id: number for number, job in enumerate(part.clients)}
    for group in model.problem.groups:
        members = [client_of[job] for job in group.jobs if job in client_of]
        if not members:
            continue
        required = group.tariff is None and not owed
        prize = 0 if required else model.group_price(group)
        for number in members:
            old = clients[number]
            clients[number] = pyvrp.Client(
                old.location,
                old.delivery,
                old.pickup,
                old.service_duration,
                old.tw_early,
                old.tw_late,
                old.release_time,
                prize=prize,
                required=False,
                group=len(groups),
            )
        groups.append(pyvrp.ClientGroup(members, required=required))
    return clients, groups


def _sequences(model: Model, part: Part, solution: pyvrp.Solution) -> tuple[Sequence, ...]:
    """The routes on the vehicles of each kind in turn; a depot on the way is a reload."""
    places = {number: place for place, number in model.ends.items()}
    spare = [iter(members) for members in model.kinds]
    found = []
    for route in solution.routes():
        acts: list[Act] = []
        for done in itertools.islice(route.schedule(), 1, None):
            if done.is_depot():
                acts.append(Act("", "reload", places[done.idx] or ""))
            elif done.is_client():
                acts.append(model.acts[model.acts_of_job[part.clients[done.idx]][0]])
            else:
                job = model.acts_of_job[part.shipments[done.idx]]
                acts.append(model.acts[job[0 if done.is_pickup() else 1]])
        while acts and acts[-1].kind == "reload":
            acts.pop()  # the end of the route
        if acts:
            found.append(Sequence(next(spare[part.kinds[route.vehicle_type()]]).id, tuple(acts)))
    return tuple(found)
