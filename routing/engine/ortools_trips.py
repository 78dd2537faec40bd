"""Reloads in an OR-Tools routing model: optional nodes at which the load of the next trip comes on board.

Every reload that a vehicle may make is a node of its own; copies of one reload are shared by the vehicles
that may use it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..problem import Act, Problem, Sequence, Task

if TYPE_CHECKING:
    from .ortools_model import Model

FEW_JOBS = 12  # up to which every job may have a trip of its own
HORIZON = 2**31 - 1


class Reloads:
    """The nodes: acts that carry a number where others carry a job, so that copies differ."""

    def __init__(self, problem: Problem) -> None:
        self._places = {place.id: place for place in problem.locations}
        self.tasks: dict[Act, Task] = {}
        self.vehicles: dict[Act, list[int]] = {}
        tasks = dict.fromkeys(task for vehicle in problem.vehicles for task in vehicle.reloads)
        for task in tasks:
            classes = self._places[task.location].classes
            able = [
                spot
                for spot, vehicle in enumerate(problem.vehicles)
                if task in vehicle.reloads and (classes is None or vehicle.vehicle_class in classes)
            ]
            for _ in range(self._copies(problem, able)):
                act = Act(str(len(self.tasks)), "reload", task.location)
                self.tasks[act], self.vehicles[act] = task, able

    def _copies(self, problem: Problem, able: list[int]) -> int:
        """As many as could be of use; with many jobs twice what the load asks for."""
        fleet = [problem.vehicles[spot] for spot in able]
        most = len(problem.jobs)
        allowed = sum(most if vehicle.max_trips is None else vehicle.max_trips - 1 for vehicle in fleet)
        needed = [FEW_JOBS]
        for number in range(len(problem.dimensions)):
            room = min((vehicle.capacity[number] for vehicle in fleet), default=0)
            total = sum(job.amount[number] for job in problem.jobs)
            needed.append(len(fleet) + 2 * -(-total // room) if room else 0)
        return min(allowed, most, max(needed))

    def plain(self, act: Act) -> Act:
        """The act as a problem names it."""
        return Act("", "reload", act.location) if act.kind == "reload" else act

    def numbered(self, sequences: Iterable[Sequence], spots: dict[str, int]) -> dict[str, tuple[Act, ...]]:
        """The acts of every vehicle with a copy of its own for each reload."""
        spare = list(self.tasks)
        found = {}
        for sequence in sequences:
            acts = []
            for act in sequence.acts:
                if act.kind == "reload":
                    here = spots[sequence.vehicle]
                    fits = (s for s in spare if s.location == act.location and here in self.vehicles[s])
                    copy = next(fits, None)
                    if copy is None:
                        break
                    spare.remove(copy)
                    act = copy
                acts.append(act)
            found[sequence.vehicle] = tuple(acts)
        return found


def add_trips(model: Model) -> None:
    """Loads by trip, what is ready when a trip is loaded, and how many trips a vehicle may make."""
    nodes = [node for node, act in enumerate(model.acts) if act.kind == "reload"]
    for node in nodes:
        index = model.manager.NodeToIndex(node)
        model.routing.AddDisjunction([index], 0)
        model.routing.VehicleVar(index).SetValues([-1, *model.reloads.vehicles[model.acts[node]]])
    for number in range(len(model.problem.dimensions)):
        _add_loads(model, number, set(nodes))
    _add_trip_limits(model, set(nodes))
    _add_releases(model, set(nodes))


def _add_loads(model: Model, number: int, nodes: set[int]) -> None:
    """Goods from the start of a trip, goods of pairs and goods to its end; together they fit."""
    room = max(vehicle.capacity[number] for vehicle in model.problem.vehicles)
    changes = {"brought": {}, "paired": {}, "taken": {}}  # type: dict[str, dict[int, int]]
    for node, act in enumerate(model.acts):
        if node in nodes:
            continue
        job = model.jobs[act.job]
        share = "paired" if job.pickup and job.delivery else "taken" if job.pickup else "brought"
        changes[share][node] = job.amount[number] if act.kind == "pickup" else -job.amount[number]
        if job.returns:
            changes["taken"][node] = job.returns[number]
    cumuls = []
    for share, change in changes.items():
        if not any(change.values()):
            continue
        if share == "taken":
            change |= dict.fromkeys(nodes, -room)
        row = [change.get(node, 0) for node in range(len(model.acts))]
        name = f"{share} {model.problem.dimensions[number]}"
        fixed = share != "brought"
        slack = 0 if share == "paired" else room
        load = model.add_load(name, row, number, fixed_start=fixed, slack=slack)
        if slack:
            _slack_only_at(model, load, nodes)
        if share == "brought":
            for spot in range(len(model.problem.vehicles)):
                load.CumulVar(model.routing.End(spot)).SetValue(0)
        cumuls.append(load)
    if len(cumuls) > 1:
        _keep_together(model, cumuls, number)


def _slack_only_at(model: Model, dimension: Any, nodes: set[int]) -> None:
    free = {model.manager.NodeToIndex(node) for node in nodes}
    for index in range(model.routing.Size()):
        if index not in free:
            dimension.SlackVar(index).SetValue(0)


def _keep_together(model: Model, loads: list[Any], number: int) -> None:
    solver, routing = model.routing.solver(), model.routing
    rooms = [vehicle.capacity[number] for vehicle in model.problem.vehicles]
    ends = [routing.End(spot) for spot in range(len(rooms))]
    for index in itertools.chain(range(routing.Size()), ends):
        # An unused node has vehicle -1 and any load.
        room = solver.Element([max(rooms), *rooms], routing.VehicleVar(index) + 1)
        solver.Add(solver.Sum([load.CumulVar(index) for load in loads]) <= room)


def _add_trip_limits(model: Model, nodes: set[int]) -> None:
    vehicles = model.problem.vehicles
    if all(vehicle.max_trips is None for vehicle in vehicles):
        return
    row = [1 if node in nodes else 0 for node in range(len(model.places))]
    limits = [len(nodes) if v.max_trips is None else v.max_trips - 1 for v in vehicles]
    transit = model.routing.RegisterUnaryTransitVector(row)
    model.routing.AddDimensionWithVehicleCapacity(transit, 0, limits, True, "reloads")


def _add_releases(model: Model, nodes: set[int]) -> None:
    """A clock that stands still during a trip at the moment when it was loaded."""
    releases = {
        node: model.jobs[act.job].release
        for node, act in enumerate(model.acts)
        if act.kind == "delivery" and model.jobs[act.job].pickup is None and model.jobs[act.job].release
    }
    if not releases:
        return
    solver, routing = model.routing.solver(), model.routing
    routing.AddConstantDimensionWithSlack(0, HORIZON, HORIZON, False, "loaded")
    loaded = routing.GetDimensionOrDie("loaded")
    _slack_only_at(model, loaded, nodes)
    for spot in range(len(model.problem.vehicles)):
        start = routing.Start(spot)
        solver.Add(loaded.CumulVar(start) <= model.time.CumulVar(start))
    for node in nodes:
        index = model.manager.NodeToIndex(node)
        solver.Add(loaded.CumulVar(index) + loaded.SlackVar(index) <= model.time.CumulVar(index))
    for node, release in releases.items():
        loaded.CumulVar(model.manager.NodeToIndex(node)).SetMin(release)
