"""A problem as PyVRP data, whole or in parts, and the way back from its solutions.

Plain classes become exactly what PyVRP would read itself: one location per place, required clients, native
depots and vehicle types. Where places or jobs admit some vehicles only, a place has a location for each set
of vehicle kinds that may come, and profiles of the others have only arcs too long to drive into it.

Parts are built from the tables of the problem, so that the whole need never be built for thousands of stops.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp import Activity, ActivityType

from ..matrix import location_index, travel
from ..plan import Appraiser
from ..problem import Act, Group, Job, Problem, Sequence, Vehicle, Window, acts_of, task_of

PER_METRE, PER_SECOND, UNIT = 18, 5, 18_000  # cost units, in which prices per km and per hour are whole
FOREVER = 2**31 - 1
ENDLESS = 2**63 - 1  # what PyVRP takes as no limit, and then does not look at
NOWHERE = -1
NEAR, SAMPLE = 25, 200  # places around one, and ones looked at, for what a leg usually is
LEAST_PENALTY, MOST_PENALTY = 1e5, 1e11  # of PyVRP's own, and what its integers bear
LongTable = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tour:
    """One route: the kind of its vehicle and the numbers of its acts."""

    kind: int
    acts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some jobs with some vehicles of each kind as PyVRP data."""

    data: pyvrp.ProblemData
    kinds: list[int]  # of each vehicle type
    clients: list[int]  # job of each client
    shipments: list[int]  # job of each shipment
    dearest: float  # penalty of a unit of overload or lateness that no saving outweighs


class Model:
    """Jobs, acts and kinds of vehicles by number. `jobs` are those that some vehicle admits."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.appraiser = Appraiser(problem)
        self.kinds = self.appraiser.kinds
        self._admitted = [self.appraiser.admitted(members[0]) for members in self.kinds]
        anywhere = frozenset().union(*self._admitted)
        self.jobs: list[Job] = [job for job in problem.jobs if job.id in anywhere and _possible(job)]
        self.acts: list[Act] = [act for job in self.jobs for act in acts_of(job)]
        self._count_acts()
        self._place_nodes()
        self._divisor = self._common_divisor()
        self.mandatory = [job.tariff is None for job in self.jobs]
        self._owed_price = self._above_any_cost()
        self._dearest = min(MOST_PENALTY, max(LEAST_PENALTY, 4.0 * self._owed_price))

    def _count_acts(self) -> None:
        self.job_of: list[int] = []
        self.acts_of_job: list[tuple[int, ...]] = []
        for number, job in enumerate(self.jobs):
            count = len(acts_of(job))
            self.acts_of_job.append(tuple(range(len(self.job_of), len(self.job_of) + count)))
            self.job_of += [number] * count

    def _place_nodes(self) -> None:
        """A node per place and set of kinds that may come there; then one per place where vehicles begin or end."""
        index = location_index(self.problem)
        where = [
            index[task_of(self.jobs[job], act.kind).location]
            for job, act in zip(self.job_of, self.acts, strict=True)
        ]
        everyone = all(len(admitted) == len(self.jobs) for admitted in self._admitted)
        comers: list[tuple[bool, ...] | None] = [
            None if everyone else tuple(job.id in admitted for admitted in self._admitted)
            for job in self.jobs
        ]
        nodes: dict[tuple[int, tuple[bool, ...] | None], int] = {}
        self.node_of = np.array(
            [
                nodes.setdefault((place, comers[job]), len(nodes))
                for place, job in zip(where, self.job_of, strict=True)
            ],
            dtype=np.int64,
        )
        self.places = np.array([place for place, _ in nodes], dtype=np.int64)
        self._barred = [
            np.array([admit is not None and not admit[kind] for _, admit in nodes], dtype=np.bool_)
            for kind in range(len(self.kinds))
        ]
        self.ends: dict[str | None, int] = {}
        for vehicle in (members[0] for members in self.kinds):
            for place in (vehicle.start, vehicle.end):
                self.ends.setdefault(place, len(self.ends))
        self._end_places = np.array([NOWHERE if e is None else index[e] for e in self.ends], dtype=np.int64)

    def _common_divisor(self) -> int:
        """Costs as small as they can be, for penalties that grow step by step."""
        amounts = [job.tariff * UNIT for job in self.jobs if job.tariff]
        amounts += [group.tariff * UNIT for group in self.problem.groups if group.tariff]
        for vehicle in (members[0] for members in self.kinds):
            amounts += [
                vehicle.km_price * PER_METRE,
                vehicle.hour_price * PER_SECOND,
                vehicle.fixed_price * UNIT,
            ]
        return math.gcd(*amounts) or 1

    def fen(self, units: float) -> float:
        """Fen of a cost of PyVRP's."""
        return units * self._divisor / UNIT

    def _above_any_cost(self) -> int:
        fixed = max(members[0].fixed_price for members in self.kinds) * UNIT // self._divisor
        return 8 * self.longest_leg + 2 * fixed + 1

    @cached_property
    def longest_leg(self) -> int:
        """What the longest leg can cost, with an hour of work or waiting, in PyVRP's units."""
        worst = 0
        for vehicle in (members[0] for members in self.kinds):
            tables = travel(self.problem, vehicle.profile)
            leg = int(tables.metres.max()) * PER_METRE * vehicle.km_price
            leg += (int(tables.seconds.max()) + 3_600) * PER_SECOND * vehicle.hour_price
            worst = max(worst, leg)
        return worst // self._divisor

    @cached_property
    def has_windows(self) -> bool:
        """Whether any act must begin at certain times."""
        return any(task.windows for job in self.jobs for task in (job.pickup, job.delivery) if task)

    @cached_property
    def openness(self) -> float:
        """Which share of its vehicles' longest shift is open to an act, on average."""
        return float(np.mean(self._open)) / max(1, self._longest_shift)

    @cached_property
    def legs_in_window(self) -> float:
        """How many legs between near places fit in what is open to an act: the median."""
        seconds = travel(self.problem, self.kinds[0][0].profile).seconds
        places = np.unique(self.places)
        some = places[:: max(1, len(places) // SAMPLE)]
        near = np.sort(seconds[np.ix_(some, places)], axis=1)[:, 1 : NEAR + 1]
        return float(np.median(self._open) / max(1.0, near.mean())) if near.size else 0.0

    @cached_property
    def _longest_shift(self) -> int:
        return max(members[0].shift.end - members[0].shift.start for members in self.kinds)

    @cached_property
    def _open(self) -> LongTable:
        """Seconds in which each task may begin, at most a shift."""
        tasks = [task for job in self.jobs for task in (job.pickup, job.delivery) if task]
        spans = [sum(w.end - w.start for w in task.windows) if task.windows else FOREVER for task in tasks]
        return np.minimum(self._longest_shift, spans)

    @cached_property
    def least_tours(self) -> int:
        """Tours below which loads do not fit, whatever the way: of goods on board at the start or the end."""
        largest = np.max([members[0].capacity for members in self.kinds], axis=0)
        least = 1
        for side in (True, False):
            loads = [
                job.amount
                for job in self.jobs
                if (job.pickup is None) is side and not (job.pickup and job.delivery)
            ]
            if loads:
                least = max(least, int(np.max(-(-np.sum(loads, axis=0) // np.maximum(1, largest)))))
        return least

    @cached_property
    def _stay(self) -> LongTable:
        return np.array([place.visit_seconds for place in self.problem.locations], dtype=np.int64)

    def part(self, jobs: Many[int], available: Many[int], *, prices: Mapping[int, int] | None = None) -> Part:
        """Data of some jobs and so many vehicles of each kind; jobs with a price may be left out at it."""
        prices = prices or {}
        kinds = [kind for kind, count in enumerate(available) if count > 0]
        nodes = list(dict.fromkeys(int(self.node_of[act]) for job in jobs for act in self.acts_of_job[job]))
        spot = {node: number for number, node in enumerate(nodes)}
        clients = [job for job in jobs if len(self.acts_of_job[job]) == 1]
        shipments = [job for job in jobs if len(self.acts_of_job[job]) == 2]
        profiles, metres, seconds = self._profiles(kinds, nodes)
        data = pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * (len(nodes) + len(self.ends)),
            clients=[self._client(job, spot, prices.get(job)) for job in clients],
            depots=[pyvrp.Depot(len(nodes) + number) for number in range(len(self.ends))],
            vehicle_types=[self._type(kind, available[kind], profiles[kind]) for kind in kinds],
            distance_matrices=metres,  # type: ignore[arg-type]  # its stubs name the shape int
            duration_matrices=seconds,  # type: ignore[arg-type]
            shipments=[self._shipment(job, spot, prices.get(job)) for job in shipments],
        )
        return Part(data, kinds, clients, shipments, self._dearest)

    def _profiles(
        self, kinds: list[int], nodes: list[int]
    ) -> tuple[dict[int, int], list[LongTable], list[LongTable]]:
        """Profile of each kind, and the tables; kinds that go alike share one."""
        known: dict[tuple[str, bytes], int] = {}
        profiles: dict[int, int] = {}
        metres: list[LongTable] = []
        seconds: list[LongTable] = []
        for kind in kinds:
            vehicle, barred = self.kinds[kind][0], self._barred[kind][nodes]
            key = vehicle.profile, barred.tobytes()
            if key not in known:
                known[key] = len(metres)
                far, long = self._tables(vehicle.profile, nodes, np.flatnonzero(barred))
                metres.append(far)
                seconds.append(long)
            profiles[kind] = known[key]
        return profiles, metres, seconds

    def _tables(
        self, profile: str, nodes: list[int], barred: NDArray[np.int64]
    ) -> tuple[LongTable, LongTable]:
        tables = travel(self.problem, profile)
        places = np.concatenate([self.places[nodes], self._end_places])
        grid = np.ix_(places, places)
        nowhere = places == NOWHERE
        here = places[:, None] == places
        metres, seconds = tables.metres[grid].astype(np.int64), tables.seconds[grid].astype(np.int64)
        for table in (metres, seconds):
            table[here] = 0
            table[nowhere, :] = 0
            table[:, nowhere] = 0
        stay = self._stay[places]
        if stay.any():
            stay[len(nodes) :] = 0
            here[:, len(nodes) :] = False  # the last visit ends before the end, wherever that is
            seconds += ~here * stay[:, None]
        if len(barred):
            metres[:, barred] = int(tables.metres.max()) * 20 + 1_000_000
            seconds[:, barred] = max(members[0].shift.end for members in self.kinds) + 1
        np.fill_diagonal(metres, 0)
        np.fill_diagonal(seconds, 0)
        return metres, seconds

    def _type(self, kind: int, available: int, profile: int) -> pyvrp.VehicleType:
        vehicle = self.kinds[kind][0]
        return pyvrp.VehicleType(
            num_available=available,
            capacity=list(vehicle.capacity),
            start_depot=self.ends[vehicle.start],
            end_depot=self.ends[vehicle.end],
            fixed_cost=vehicle.fixed_price * UNIT // self._divisor,
            tw_early=vehicle.shift.start,
            tw_late=_late(vehicle.shift.end),
            shift_duration=_late(vehicle.max_seconds),
            max_distance=_late(vehicle.max_metres),
            unit_distance_cost=vehicle.km_price * PER_METRE // self._divisor,
            unit_duration_cost=vehicle.hour_price * PER_SECOND // self._divisor,
            profile=profile,
        )

    def _price(self, job: Job) -> int:
        return (job.tariff or 0) * UNIT // self._divisor

    def owed_price(self, job: int) -> int:
        """Of leaving out a mandatory job: above any cost."""
        return self._owed_price * (1 + self.jobs[job].priority)

    def group_price(self, group: Group) -> int:
        """Of doing none of its alternatives."""
        if group.tariff is None:
            return self._owed_price * (1 + group.priority)
        return group.tariff * UNIT // self._divisor

    def _client(self, number: int, spot: dict[int, int], price: int | None) -> pyvrp.Client:
        job = self.jobs[number]
        (act,) = self.acts_of_job[number]
        task = task_of(job, self.acts[act].kind)
        window = _window(task.windows, job.release if job.pickup else 0)
        required = price is None and self.mandatory[number]
        return pyvrp.Client(
            location=spot[int(self.node_of[act])],
            delivery=[] if job.pickup else list(job.amount),
            pickup=list(job.amount if job.pickup else job.returns),
            service_duration=task.service_seconds,
            tw_early=window.start,
            tw_late=_late(window.end),
            release_time=0 if job.pickup else min(job.release, window.end),
            prize=0 if required else self._price(job) if price is None else price,
            required=required,
        )

    def _shipment(self, number: int, spot: dict[int, int], price: int | None) -> pyvrp.Shipment:
        job = self.jobs[number]
        first, last = self.acts_of_job[number]
        pickup, delivery = task_of(job, "pickup"), task_of(job, "delivery")
        early, late = _window(pickup.windows, job.release), _window(delivery.windows, 0)
        required = price is None and self.mandatory[number]
        return pyvrp.Shipment(
            pickup_location=spot[int(self.node_of[first])],
            delivery_location=spot[int(self.node_of[last])],
            pickup_tw_early=early.start,
            pickup_tw_late=_late(early.end),
            pickup_service_duration=pickup.service_seconds,
            delivery_tw_early=late.start,
            delivery_tw_late=_late(late.end),
            delivery_service_duration=delivery.service_seconds,
            amount=list(job.amount),
            prize=0 if required else self._price(job) if price is None else price,
            required=required,
        )

    def solution(self, part: Part, tours: Iterable[Tour]) -> pyvrp.Solution:
        """Tours, all of the part's jobs and kinds, as a PyVRP solution."""
        client = {job: number for number, job in enumerate(part.clients)}
        shipment = {job: number for number, job in enumerate(part.shipments)}
        type_of = {kind: number for number, kind in enumerate(part.kinds)}
        routes = []
        for tour in tours:
            activities = []
            for act in tour.acts:
                job = self.job_of[act]
                if job in client:
                    activities.append(Activity(ActivityType.CLIENT, client[job]))
                else:
                    kind = ActivityType.PICKUP if act == self.acts_of_job[job][0] else ActivityType.DELIVERY
                    activities.append(Activity(kind, shipment[job]))
            routes.append(pyvrp.Route(part.data, activities, type_of[tour.kind]))
        return pyvrp.Solution(part.data, routes)

    def tours(self, part: Part, solution: pyvrp.Solution) -> list[Tour]:
        """The routes of a solution."""
        found = []
        for route in solution.routes():
            acts = tuple(self._acts_of_route(part, route))
            if acts:
                found.append(Tour(part.kinds[route.vehicle_type()], acts))
        return found

    def _acts_of_route(self, part: Part, route: pyvrp.Route) -> Iterable[int]:
        for done in route.schedule():
            if done.is_client():
                yield self.acts_of_job[part.clients[done.idx]][0]
            elif done.is_shipment():
                yield self.acts_of_job[part.shipments[done.idx]][0 if done.is_pickup() else 1]

    def sequences(self, tours: Iterable[Tour]) -> tuple[Sequence, ...]:
        """Tours on the vehicles of each kind in turn."""
        spare = [iter(members) for members in self.kinds]
        return tuple(
            Sequence(next(spare[tour.kind]).id, tuple(self.acts[act] for act in tour.acts)) for tour in tours
        )

    def given(self, sequences: Iterable[Sequence]) -> list[Tour]:
        """The tours of an initial plan."""
        number = {act: spot for spot, act in enumerate(self.acts)}
        kind_of = {vehicle.id: kind for kind, members in enumerate(self.kinds) for vehicle in members}
        found = []
        for sequence in sequences:
            acts = tuple(number[act] for act in sequence.acts if act in number)
            if acts:
                found.append(Tour(kind_of[sequence.vehicle], acts))
        return found


def _window(windows: tuple[Window, ...], ready: int) -> Window:
    """The one window, from when the goods are ready; a moment where they are ready too late."""
    window = windows[0] if windows else Window(0, FOREVER)
    return Window(min(max(window.start, ready), window.end), window.end)


def _possible(job: Job) -> bool:
    """Whether a delivery may begin after its pickup may; PyVRP takes no shipment of which it may not."""
    if job.pickup is None or job.delivery is None:
        return True
    return _window(job.delivery.windows, 0).end >= _window(job.pickup.windows, job.release).start


def _late(limit: int | None) -> int:
    return ENDLESS if limit is None or limit >= FOREVER else limit


def kind_counts(kinds: list[list[Vehicle]]) -> list[int]:
    """How many vehicles there are of each kind."""
    return [len(members) for members in kinds]
