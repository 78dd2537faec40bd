"""A problem written as an OR-Tools routing model: one node per act, one per end of a vehicle.

Costs are in units of 1/18000 fen, in which fen per km by the metre and fen per hour by the second are whole.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp

from ..matrix import IntTable, location_index, travel
from ..plan import Appraiser
from ..problem import Act, Problem, Sequence, Task, Vehicle, acts_of, task_of
from .ortools_trips import HORIZON, Reloads, add_trips
from .ruin_data import tariffs

UNIT = 18_000  # cost units per fen
PER_METRE = UNIT // 1000
PER_SECOND = UNIT // 3600
NOWHERE = -1
LongTable = NDArray[np.int64]


class Model:
    """The routing model and the way back from its indices to acts."""

    def __init__(self, problem: Problem, acts: list[Act]) -> None:
        self.problem = problem
        self.appraiser = Appraiser(problem)
        self.jobs = self.appraiser.jobs
        admitted = [self.appraiser.admitted(vehicle) for vehicle in problem.vehicles]
        self.allowed = {
            job.id: [spot for spot, jobs in enumerate(admitted) if job.id in jobs] for job in problem.jobs
        }
        self.acts = [act for act in acts if self.allowed[act.job]]
        self.reloads = Reloads(problem)
        if self.acts:
            self.acts += self.reloads.tasks
        self.node_of = {act: node for node, act in enumerate(self.acts)}
        self.node_count = len(self.acts) if problem.vehicles else 0
        if self.node_count:
            self._build()

    def _build(self) -> None:
        self._place_nodes()
        vehicles = len(self.problem.vehicles)
        self.manager = pywrapcp.RoutingIndexManager(len(self.places), vehicles, self.starts, self.ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._tables: dict[str, tuple[LongTable, LongTable]] = {}
        self._add_costs()
        self._add_time()
        if self.reloads.tasks:
            add_trips(self)
        else:
            self._add_loads()
        self._add_distance_limits()
        self._add_jobs()
        self._add_windows()
        self._add_breaks()
        self._add_prefixes()
        self._add_orders()

    def _place_nodes(self) -> None:
        """Nodes: the acts, then every place where vehicles start or end, nowhere among them."""
        index = location_index(self.problem)
        self.places = [index[self.task(act).location] for act in self.acts]
        ends: dict[str | None, int] = {}
        for vehicle in self.problem.vehicles:
            for place in (vehicle.start, vehicle.end):
                if place not in ends:
                    ends[place] = len(self.places)
                    self.places.append(NOWHERE if place is None else index[place])
        self.starts = [ends[vehicle.start] for vehicle in self.problem.vehicles]
        self.ends = [ends[vehicle.end] for vehicle in self.problem.vehicles]

    def task(self, act: Act) -> Task:
        if act.kind == "reload":
            return self.reloads.tasks[act]
        return task_of(self.jobs[act.job], act.kind)

    def _tables_of(self, profile: str) -> tuple[LongTable, LongTable]:
        """Metres, and seconds with the work done before leaving, from node to node."""
        if profile not in self._tables:
            tables = travel(self.problem, profile)
            metres = self._between_nodes(tables.metres)
            seconds = self._between_nodes(tables.seconds)
            places = np.array(self.places)
            elsewhere = places[:, None] != places
            elsewhere[:, len(self.acts) :] = True  # the last visit takes its time even where the route ends
            work = np.zeros(len(places), dtype=np.int64)
            stay = np.zeros(len(places), dtype=np.int64)
            for node, act in enumerate(self.acts):
                work[node] = self.task(act).service_seconds
                stay[node] = self.problem.locations[self.places[node]].visit_seconds
            self._tables[profile] = metres, seconds + work[:, None] + elsewhere * stay[:, None]
        return self._tables[profile]

    def _between_nodes(self, table: IntTable) -> LongTable:
        places = np.array(self.places)
        spread: LongTable = table[np.ix_(places, places)].astype(np.int64)
        spread[places[:, None] == places] = 0
        spread[places == NOWHERE, :] = 0
        spread[:, places == NOWHERE] = 0
        return spread

    def _add_costs(self) -> None:
        """Fixed, km and hour costs. Time on the way and at work is paid by the arc; waiting is not priced
        here: with a price on it every move asks a linear program, and the search is several times slower."""
        known: dict[tuple[str, int, int], int] = {}
        for spot, vehicle in enumerate(self.problem.vehicles):
            key = vehicle.profile, vehicle.km_price, vehicle.hour_price
            if key not in known:
                metres, seconds = self._tables_of(vehicle.profile)
                costs = metres * (PER_METRE * key[1]) + seconds * (PER_SECOND * key[2])
                known[key] = self.routing.RegisterTransitMatrix(costs.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(known[key], spot)
            self.routing.SetFixedCostOfVehicle(vehicle.fixed_price * UNIT, spot)

    def _per_vehicle(self, which: int) -> list[int]:
        known: dict[str, int] = {}
        for vehicle in self.problem.vehicles:
            if vehicle.profile not in known:
                table = self._tables_of(vehicle.profile)[which]
                known[vehicle.profile] = self.routing.RegisterTransitMatrix(table.tolist())
        return [known[vehicle.profile] for vehicle in self.problem.vehicles]

    def _add_time(self) -> None:
        transits = self._per_vehicle(1)
        self.routing.AddDimensionWithVehicleTransits(transits, HORIZON, HORIZON, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        for spot, vehicle in enumerate(self.problem.vehicles):
            shift = vehicle.shift
            self.time.CumulVar(self.routing.Start(spot)).SetRange(shift.start, shift.end)
            self.time.CumulVar(self.routing.End(spot)).SetRange(shift.start, shift.end)
            if vehicle.max_seconds is not None:
                self.time.SetSpanUpperBoundForVehicle(vehicle.max_seconds, spot)
            for end in (self.routing.Start(spot), self.routing.End(spot)):
                self.routing.AddVariableMinimizedByFinalizer(self.time.CumulVar(end))

    def _add_loads(self) -> None:
        """Goods for a delivery alone are on board from the start; those of a pickup alone stay to the end."""
        brought = any(self.jobs[act.job].pickup is None for act in self.acts)
        taken = any(
            self.jobs[act.job].delivery is None or any(self.jobs[act.job].returns) for act in self.acts
        )
        for number, name in enumerate(self.problem.dimensions):
            change = [self._change(act, number) for act in self.acts]
            load = self.add_load(f"load {name}", change, number, fixed_start=not brought)
            for spot in range(len(self.problem.vehicles)):
                if not taken:
                    load.CumulVar(self.routing.End(spot)).SetValue(0)
            if brought and taken:
                self._tie_start_loads(load, number, name)

    def _tie_start_loads(self, load: Any, number: int, name: str) -> None:
        """Without this, goods picked up on the way could stand in for goods that never were on board."""
        out = [-self.jobs[act.job].amount[number] if self._alone(act) else 0 for act in self.acts]
        left = self.add_load(f"left {name}", out, number, fixed_start=False)
        solver = self.routing.solver()
        for spot in range(len(self.problem.vehicles)):
            start = self.routing.Start(spot)
            left.CumulVar(self.routing.End(spot)).SetValue(0)
            solver.Add(left.CumulVar(start) == load.CumulVar(start))

    def _alone(self, act: Act) -> bool:
        return self.jobs[act.job].pickup is None

    def _change(self, act: Act, number: int) -> int:
        job = self.jobs[act.job]
        amount = job.amount[number]
        return amount if act.kind == "pickup" else (job.returns[number] if job.returns else 0) - amount

    def add_load(
        self, name: str, change: list[int], number: int, *, fixed_start: bool, slack: int = 0
    ) -> Any:
        """A dimension of what is on board; `slack` is what a node may add besides."""
        padded = change + [0] * (len(self.places) - len(change))
        transit = self.routing.RegisterUnaryTransitVector(padded)
        room = [vehicle.capacity[number] for vehicle in self.problem.vehicles]
        self.routing.AddDimensionWithVehicleCapacity(transit, slack, room, fixed_start, name)
        return self.routing.GetDimensionOrDie(name)

    def _add_distance_limits(self) -> None:
        if all(vehicle.max_metres is None for vehicle in self.problem.vehicles):
            return
        limits = [HORIZON if v.max_metres is None else v.max_metres for v in self.problem.vehicles]
        transits = self._per_vehicle(0)
        self.routing.AddDimensionWithVehicleTransitAndCapacity(transits, 0, limits, True, "metres")

    def _add_jobs(self) -> None:
        penalty = self._owed_penalty()
        for job in self.problem.jobs:
            acts = [Act(job.id, "pickup")] if job.pickup else []
            acts += [Act(job.id, "delivery")] if job.delivery else []
            if not self.allowed[job.id]:
                continue
            indices = [self.index(act) for act in acts]
            price = penalty * (1 + job.priority) if job.tariff is None else job.tariff * UNIT
            for number, index in enumerate(indices):
                if number or job.id not in self.appraiser.group_of:
                    self.routing.AddDisjunction([index], price if number == 0 else 0)
                self.routing.VehicleVar(index).SetValues([-1, *self.allowed[job.id]])
            if len(indices) == 2:
                self._add_pair(*indices)
        for group in self.problem.groups:
            firsts = [self.index(acts_of(self.jobs[job])[0]) for job in group.jobs if self.allowed[job]]
            price = penalty * (1 + group.priority) if group.tariff is None else group.tariff * UNIT
            if firsts:
                self.routing.AddDisjunction(firsts, price)

    def _add_pair(self, pickup: int, delivery: int) -> None:
        solver = self.routing.solver()
        self.routing.AddPickupAndDelivery(pickup, delivery)
        solver.Add(self.routing.VehicleVar(pickup) == self.routing.VehicleVar(delivery))
        solver.Add(self.time.CumulVar(pickup) <= self.time.CumulVar(delivery))

    def _owed_penalty(self) -> int:
        """More than any way of serving could cost, so that a mandatory job is left out only if it must be."""
        worst = 0
        for vehicle in self.problem.vehicles:
            metres, seconds = self._tables_of(vehicle.profile)
            leg = int(metres.max()) * PER_METRE * vehicle.km_price
            leg += int(seconds.max()) * PER_SECOND * vehicle.hour_price
            worst = max(worst, 2 * leg + vehicle.fixed_price * UNIT)
        return 4 * worst + (tariffs(self.problem) + 1) * UNIT

    def _add_windows(self) -> None:
        solver = self.routing.solver()
        for act, node in self.node_of.items():
            cumul = self.time.CumulVar(self.manager.NodeToIndex(node))
            early = self.jobs[act.job].release if act.kind == "pickup" else 0
            spans = [(window.start, window.end) for window in self.task(act).windows] or [(0, HORIZON)]
            cumul.SetRange(max(spans[0][0], min(early, spans[-1][1])), spans[-1][1])
            if early > spans[-1][1]:
                self.routing.ActiveVar(self.manager.NodeToIndex(node)).SetValue(0)
            for (_, low), (high, _) in itertools.pairwise(spans):
                if high - low > 1:
                    cumul.RemoveInterval(low + 1, high - 1)
            if act.kind == "delivery" and self._alone(act) and not self.reloads.tasks:
                self._add_release(solver, node, self.jobs[act.job].release)

    def _add_release(self, solver: Any, node: int, release: int) -> None:
        index = self.manager.NodeToIndex(node)
        if not release:
            return
        for spot in range(len(self.problem.vehicles)):
            here = self.routing.VehicleVar(index) == spot
            solver.Add(self.time.CumulVar(self.routing.Start(spot)) >= here * release)

    def _add_breaks(self) -> None:
        if not any(vehicle.breaks for vehicle in self.problem.vehicles):
            return
        work = [self.task(act).service_seconds for act in self.acts]
        visits = [
            work[node] if node < len(work) else 0 for node in map(self._node, range(self.routing.Size()))
        ]
        solver = self.routing.solver()
        for spot, vehicle in enumerate(self.problem.vehicles):
            self._add_breaks_of(solver, spot, vehicle, visits)

    def _add_breaks_of(self, solver: Any, spot: int, vehicle: Vehicle, visits: list[int]) -> None:
        rests = [
            solver.FixedDurationIntervalVar(
                rest.window.start, rest.window.end, rest.seconds, False, f"break {spot} {number}"
            )
            for number, rest in enumerate(vehicle.breaks)
        ]
        if rests:
            self.time.SetBreakIntervalsOfVehicle(rests, spot, visits)

    def _add_prefixes(self) -> None:
        solver = self.routing.solver()
        spots = {vehicle.id: spot for spot, vehicle in enumerate(self.problem.vehicles)}
        for vehicle, acts in self.reloads.numbered(self.problem.prefixes, spots).items():
            here = self.routing.Start(spots[vehicle])
            for act in acts:
                if act in self.node_of:
                    solver.Add(self.routing.NextVar(here) == self.index(act))
                    here = self.index(act)

    def _add_orders(self) -> None:
        """Fixed orders count along the route; acts that are left out keep any count."""
        if not self.problem.orders:
            return
        self.routing.AddConstantDimension(1, len(self.places), True, "rank")
        rank, solver = self.routing.GetDimensionOrDie("rank"), self.routing.solver()
        for order in self.problem.orders:
            here = [rank.CumulVar(self.index(act)) for act in order.acts if act in self.node_of]
            for first, later in itertools.combinations(here, 2):
                solver.Add(first <= later)

    def hint(self, begun: tuple[Sequence, ...]) -> list[list[int]] | None:
        """Routes to begin with as indices, or None where there are none."""
        if not begun:
            return None
        spots = {vehicle.id: spot for spot, vehicle in enumerate(self.problem.vehicles)}
        given = self.reloads.numbered(begun, spots)
        return [
            [self.index(act) for act in given.get(vehicle.id, ()) if act in self.node_of]
            for vehicle in self.problem.vehicles
        ]

    def index(self, act: Act) -> int:
        index: int = self.manager.NodeToIndex(self.node_of[act])
        return index

    def _node(self, index: int) -> int:
        node: int = self.manager.IndexToNode(index)
        return node

    def sequences(self) -> tuple[Sequence, ...]:
        """The routes of the solution at hand, to be asked inside a solution callback."""
        found = []
        for spot, vehicle in enumerate(self.problem.vehicles):
            acts, index = [], self.routing.NextVar(self.routing.Start(spot)).Value()
            while not self.routing.IsEnd(index):
                acts.append(self.reloads.plain(self.acts[self._node(index)]))
                index = self.routing.NextVar(index).Value()
            if acts:
                found.append(Sequence(vehicle.id, tuple(acts)))
        return tuple(found)
