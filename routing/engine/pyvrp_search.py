"""PyVRP (MIT): iterated local search in C++, for the classes that it models; pairs are its shipments.

Every act is a location of its own, so that access is a matter of arcs: into acts that a vehicle may not do,
its profile has only arcs too long to drive. Mandatory jobs are optional with a prize above any cost, as a
problem in which not all of them fit must have an answer too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from importlib.metadata import version

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams

from ..matrix import location_index, travel
from ..params import Params
from ..plan import Appraiser
from ..problem import Act, Job, Problem, Sequence, Vehicle, Window, acts_of, task_of
from .interface import Draft, Report

PER_METRE, PER_SECOND, UNIT = 18, 5, 18_000  # cost units, in which prices per km and per hour are whole
FOREVER = 2**31 - 1
MOST_NODES = 8_000
REPORT_EVERY = 0.2
NOWHERE = -1
LongTable = NDArray[np.int64]


class PyVrpSearch:
    """See routing.engine.interface.Engine."""

    name = "pyvrp"

    def unable(self, problem: Problem) -> str | None:
        tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
        lacks = {
            "breaks": any(vehicle.breaks for vehicle in problem.vehicles),
            "frozen prefixes": bool(problem.prefixes),
            "fixed orders": bool(problem.orders),
            # Its VehicleType(reload_depots, max_reloads) and ClientGroup model both; not written here yet.
            "reloads": any(vehicle.reloads for vehicle in problem.vehicles),
            "groups of alternatives": bool(problem.groups),
            "several windows": any(len(task.windows) > 1 for task in tasks),
            "an initial plan": bool(problem.initial),
            f"{len(tasks)} acts (at most {MOST_NODES})": len(tasks) > MOST_NODES,
        }
        return next((lack for lack, there in lacks.items() if there), None)

    def versions(self) -> tuple[str, ...]:
        return (f"pyvrp {version('pyvrp')}",)

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        begun = time.monotonic()
        model = _Model(problem)
        if not model.jobs:
            return Draft((), 0, 0.0)
        watch = _Watch(model, begun, report)
        stop = _Stop(begun + params.seconds, params.iterations)
        settings = pyvrp.SolveParams(
            ils=IteratedLocalSearchParams(callbacks=watch),
            # With the usual ceiling our costs, finer than theirs, buy any overload.
            penalty=pyvrp.PenaltyParams(max_penalty=model.dearest_penalty()),
        )
        result = pyvrp.solve(model.data, stop, params.seed, collect_stats=False, params=settings)
        sequences = model.sequences(result.best) if result.best.is_feasible() else watch.best
        draft = Draft(sequences, result.num_iterations, time.monotonic() - begun)
        report(draft)
        return draft


class _Stop:
    """By the clock or after so many iterations."""

    def __init__(self, end: float, iterations: int | None) -> None:
        self._end, self._left = end, iterations

    def __call__(self, best_cost: float) -> bool:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                return True
        return time.monotonic() >= self._end


class _Watch(IteratedLocalSearchCallbacks):
    """Reports better solutions that can be driven, not more often than it helps."""

    def __init__(self, model: _Model, begun: float, report: Report) -> None:
        self._model, self._begun, self._report = model, begun, report
        self._iterations = 0
        self._reported = 0.0
        self.best: tuple[Sequence, ...] = ()

    def on_iteration(self, *_: object) -> None:
        self._iterations += 1

    def on_best(self, best: pyvrp.Solution) -> None:
        now = time.monotonic()
        if best.is_feasible() and now - self._reported >= REPORT_EVERY:
            self._reported = now
            self.best = self._model.sequences(best)
            self._report(Draft(self.best, self._iterations, now - self._begun))


class _Model:
    """The problem as PyVRP data, and the way back."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._appraiser = Appraiser(problem)
        self._admitted = {vehicle.id: self._appraiser.admitted(vehicle) for vehicle in problem.vehicles}
        anywhere = frozenset().union(*self._admitted.values()) if self._admitted else frozenset()
        self.jobs = [job for job in problem.jobs if job.id in anywhere]
        self.clients = [job for job in self.jobs if not (job.pickup and job.delivery)]
        self.pairs = [job for job in self.jobs if job.pickup and job.delivery]
        self.acts = [act for job in self.jobs for act in acts_of(job)]
        self._node = {act: node for node, act in enumerate(self.acts)}
        self._place_nodes()
        self._profiles: dict[tuple[str, frozenset[str]], int] = {}
        self._metres: list[LongTable] = []
        self._seconds: list[LongTable] = []
        self._divisor = self._common_divisor()
        if self.jobs:
            self.data = self._build()

    def _place_nodes(self) -> None:
        index = location_index(self.problem)
        self._places = [index[task_of(self._appraiser.jobs[act.job], act.kind).location] for act in self.acts]
        self._depots: dict[str | None, int] = {}
        for vehicle in self.problem.vehicles:
            for place in (vehicle.start, vehicle.end):
                if place not in self._depots:
                    self._depots[place] = len(self._depots)
                    self._places.append(NOWHERE if place is None else index[place])

    def _common_divisor(self) -> int:
        """Costs as small as they can be, for penalties that grow step by step."""
        amounts = [job.tariff * UNIT for job in self.jobs if job.tariff]
        for vehicle in self.problem.vehicles:
            amounts += [
                vehicle.km_price * PER_METRE,
                vehicle.hour_price * PER_SECOND,
                vehicle.fixed_price * UNIT,
            ]
        return math.gcd(*amounts) or 1

    def _build(self) -> pyvrp.ProblemData:
        types = [self._type(members) for members in self._appraiser.kinds]
        prize = self._owed_prize()
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in self._places],
            clients=[self._client(job, prize) for job in self.clients],
            depots=[pyvrp.Depot(len(self.acts) + number) for number in range(len(self._depots))],
            vehicle_types=types,
            distance_matrices=self._metres,  # type: ignore[arg-type]  # its stubs name the shape int
            duration_matrices=self._seconds,  # type: ignore[arg-type]
            shipments=[self._shipment(job, prize) for job in self.pairs],
        )

    def _type(self, members: list[Vehicle]) -> pyvrp.VehicleType:
        vehicle = members[0]
        return pyvrp.VehicleType(
            num_available=len(members),
            capacity=list(vehicle.capacity),
            start_depot=self._depots[vehicle.start],
            end_depot=self._depots[vehicle.end],
            fixed_cost=vehicle.fixed_price * UNIT // self._divisor,
            tw_early=vehicle.shift.start,
            tw_late=vehicle.shift.end,
            shift_duration=FOREVER if vehicle.max_seconds is None else vehicle.max_seconds,
            max_distance=FOREVER if vehicle.max_metres is None else vehicle.max_metres,
            unit_distance_cost=vehicle.km_price * PER_METRE // self._divisor,
            unit_duration_cost=vehicle.hour_price * PER_SECOND // self._divisor,
            profile=self._profile(vehicle),
        )

    def _profile(self, vehicle: Vehicle) -> int:
        key = vehicle.profile, self._admitted[vehicle.id]
        if key not in self._profiles:
            self._profiles[key] = len(self._metres)
            barred = [node for node, act in enumerate(self.acts) if act.job not in key[1]]
            metres, seconds = self._tables(vehicle.profile)
            too_far = int(metres.max()) * 20 + 1_000_000
            metres[:, barred] = too_far
            seconds[:, barred] = max(item.shift.end for item in self.problem.vehicles) + 1
            np.fill_diagonal(metres, 0)
            np.fill_diagonal(seconds, 0)
            self._metres.append(metres)
            self._seconds.append(seconds)
        return self._profiles[key]

    def _tables(self, profile: str) -> tuple[LongTable, LongTable]:
        tables = travel(self.problem, profile)
        places = np.array(self._places)
        here = places[:, None] == places
        found = []
        for table in (tables.metres, tables.seconds):
            wide = table[np.ix_(places, places)].astype(np.int64)
            wide[here] = 0
            wide[places == NOWHERE, :] = 0
            wide[:, places == NOWHERE] = 0
            found.append(wide)
        stay = np.zeros(len(places), dtype=np.int64)
        for node in range(len(self.acts)):
            stay[node] = self.problem.locations[places[node]].visit_seconds
        found[1] += ~here * stay[:, None]
        return found[0], found[1]

    def dearest_penalty(self) -> float:
        """Of a unit of overload or lateness; the usual ceiling lets costs finer than theirs buy any overload."""
        legs = [
            int(self._metres[kind.profile].max(where=self._metres[kind.profile] < FOREVER // 4, initial=1))
            * kind.unit_distance_cost
            for kind in self.data.vehicle_types()
        ]
        return float(min(1e11, max(1e5, max(legs, default=0) / 10)))

    def _owed_prize(self) -> int:
        """Above what serving a job can cost."""
        worst = 0
        for vehicle in self.problem.vehicles:
            tables = travel(self.problem, vehicle.profile)
            leg = int(tables.metres.max()) * PER_METRE * vehicle.km_price
            leg += (int(tables.seconds.max()) + 3_600) * PER_SECOND * vehicle.hour_price
            worst = max(worst, 4 * leg + vehicle.fixed_price * UNIT)
        return (2 * worst + UNIT) // self._divisor

    def _prize(self, job: Job, owed: int) -> int:
        return owed * (1 + job.priority) if job.tariff is None else job.tariff * UNIT // self._divisor

    def _client(self, job: Job, owed: int) -> pyvrp.Client:
        (act,) = acts_of(job)
        task = task_of(job, act.kind)
        window = _window(task.windows, job.release if job.pickup else 0)
        return pyvrp.Client(
            location=self._node[act],
            delivery=[] if job.pickup else list(job.amount),
            pickup=list(job.amount if job.pickup else job.returns),
            service_duration=task.service_seconds,
            tw_early=window.start,
            tw_late=window.end,
            release_time=0 if job.pickup else min(job.release, window.end),
            prize=self._prize(job, owed),
            required=False,
        )

    def _shipment(self, job: Job, owed: int) -> pyvrp.Shipment:
        pickup, delivery = task_of(job, "pickup"), task_of(job, "delivery")
        early, late = _window(pickup.windows, job.release), _window(delivery.windows, 0)
        return pyvrp.Shipment(
            pickup_location=self._node[Act(job.id, "pickup")],
            delivery_location=self._node[Act(job.id, "delivery")],
            pickup_tw_early=early.start,
            pickup_tw_late=early.end,
            pickup_service_duration=pickup.service_seconds,
            delivery_tw_early=late.start,
            delivery_tw_late=late.end,
            delivery_service_duration=delivery.service_seconds,
            amount=list(job.amount),
            prize=self._prize(job, owed),
            required=False,
        )

    def sequences(self, solution: pyvrp.Solution) -> tuple[Sequence, ...]:
        """The routes of a solution, on the vehicles of each type in turn."""
        spare = [list(members) for members in self._appraiser.kinds]
        found = []
        for route in solution.routes():
            acts = tuple(self._acts_of_route(route))
            if acts:
                found.append(Sequence(spare[route.vehicle_type()].pop(0).id, acts))
        return tuple(found)

    def _acts_of_route(self, route: pyvrp.Route) -> Iterable[Act]:
        for done in route.schedule():
            if done.is_client():
                yield acts_of(self.clients[done.idx])[0]
            elif done.is_shipment():
                yield Act(self.pairs[done.idx].id, "pickup" if done.is_pickup() else "delivery")


def _window(windows: tuple[Window, ...], ready: int) -> Window:
    """The one window, from when the goods are ready; a moment where they are ready too late."""
    window = windows[0] if windows else Window(0, FOREVER)
    return Window(min(max(window.start, ready), window.end), window.end)


ENGINE = PyVrpSearch()
