"""The optimum of up to seven jobs, proven by CP-SAT: the rules written once more, as one model.

At most one break a vehicle. Costs are in units of 1/18000 fen, so routes are not rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from routing.engine.ortools_model import PER_METRE, PER_SECOND, UNIT
from routing.matrix import location_index, travel
from routing.plan import Appraiser
from routing.problem import Act, Problem, Task, Vehicle, acts_of, task_of

LATE = 20_000  # after every window and shift that is drawn
MUCH = 10_000  # more than is ever on board
OWED = 10**11  # more than any plan costs


@dataclass(frozen=True, slots=True)
class Again:
    """The start of a vehicle's trip of this number, the first being 0, at one of its reloads."""

    vehicle: str
    trip: int
    task: Task


Stop = Act | Again
Sums = list[list[cp_model.LinearExprT]]


@dataclass(frozen=True, slots=True)
class Arc:
    """From one stop to the next on a vehicle; None is its start or its end."""

    before: Stop | None
    after: Stop | None
    literal: cp_model.IntVar
    metres: int
    seconds: int  # the way alone
    work: int  # at the act before


def proven(problem: Problem, seconds: float = 20.0) -> tuple[int, float] | None:
    """(weight of mandatory jobs left out, fen); None where there is no plan, or no proof in time."""
    model = _Proof(problem)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model.model) != cp_model.OPTIMAL:
        return None
    owed, cost = divmod(round(solver.objective_value), OWED)
    return owed, cost / UNIT


class _Proof:
    def __init__(self, problem: Problem) -> None:
        self.problem, self.appraiser, self.model = problem, Appraiser(problem), cp_model.CpModel()
        self.index = location_index(problem)
        self.jobs = self.appraiser.jobs
        self.acts = [act for job in problem.jobs for act in acts_of(job)]
        self.begin: dict[Stop, cp_model.IntVar] = {act: self._begin(act) for act in self.acts}
        self.rank: dict[Stop, cp_model.IntVar] = {}
        self.trip: dict[Act, cp_model.IntVar] = {}
        self.load: dict[Stop, list[cp_model.IntVar]] = {}
        self.kept: dict[Act, list[cp_model.IntVar]] = {}  # of the load, what stays to the end or a reload
        for act in self.acts:
            self._count(act)
            self.trip[act] = self.model.new_int_var(0, len(self.acts) + 1, f"trip {act}")
            self.kept[act] = [self.model.new_int_var(0, MUCH, f"kept {act}") for _ in problem.dimensions]
        self.serves: dict[str, list[cp_model.IntVar]] = {job.id: [] for job in problem.jobs}
        self.cost: list[cp_model.LinearExprT] = []
        for vehicle in problem.vehicles:
            self._drive(vehicle)
        self._leave_out()
        self._keep_order()
        self.model.minimize(sum(self.cost))

    def _count(self, stop: Stop) -> None:
        """Its place on the route, and what is on board after it."""
        self.rank[stop] = self.model.new_int_var(0, 3 * len(self.acts) + 2, f"rank {stop}")
        self.load[stop] = [self.model.new_int_var(0, MUCH, f"load {stop}") for _ in self.problem.dimensions]

    def _task(self, stop: Stop) -> Task:
        return stop.task if isinstance(stop, Again) else task_of(self.jobs[stop.job], stop.kind)

    def _begin(self, act: Act) -> cp_model.IntVar:
        """When an act begins: within its windows, a pickup not before its goods are ready."""
        ready = self.jobs[act.job].release if act.kind == "pickup" else 0
        spans = [(window.start, window.end) for window in self._task(act).windows] or [(0, LATE)]
        late = [[max(low, ready), high] for low, high in spans if high >= ready]
        self.never = getattr(self, "never", set()) | (set() if late else {act.job})
        return self.model.new_int_var_from_domain(
            cp_model.Domain.from_intervals(late or [[0, LATE]]), f"begin {act}"
        )

    def _drive(self, vehicle: Vehicle) -> None:
        model, name = self.model, vehicle.id
        shift = vehicle.shift
        start = model.new_int_var(shift.start, shift.end, f"start {name}")
        end = model.new_int_var(shift.start, shift.end, f"end {name}")
        used = model.new_bool_var(f"used {name}")
        able = [job for job in self.appraiser.admitted(vehicle) if job not in self.never]
        serve = {job: model.new_bool_var(f"{name} {job}") for job in sorted(able)}
        for job, literal in serve.items():
            self.serves[job].append(literal)
            model.add_implication(literal, used)
        again = self._again(vehicle, serve)
        arcs = self._arcs(vehicle, used, serve, again)
        taken = self._taken(vehicle, serve, again, start)
        for arc in arcs:
            self._follow(arc, start, end, taken, vehicle)
        for total, room in zip(taken[0], vehicle.capacity, strict=True):
            model.add(total <= room)
        model.add(end >= start)
        model.add(end == start).only_enforce_if(~used)
        if vehicle.max_seconds is not None:
            model.add(end - start <= vehicle.max_seconds)
        metres = sum(arc.metres * arc.literal for arc in arcs)
        if vehicle.max_metres is not None:
            model.add(metres <= vehicle.max_metres)
        for rest in vehicle.breaks:
            span = rest.window.start, rest.window.end
            self._rest(arcs, rest.seconds, model.new_int_var(*span, f"rest {name}"), (start, end, used))
        self.cost += [
            vehicle.fixed_price * UNIT * used,
            metres * (PER_METRE * vehicle.km_price),
            (end - start) * (PER_SECOND * vehicle.hour_price),
        ]

    def _again(self, vehicle: Vehicle, serve: dict[str, cp_model.IntVar]) -> dict[Again, cp_model.IntVar]:
        """Every further trip that could be of use, at each reload; only a vehicle with acts has any."""
        acts = sum(len(acts_of(self.jobs[job])) for job in serve)
        most = acts + 1 if vehicle.max_trips is None else min(acts + 1, vehicle.max_trips - 1)
        places = [task for task in vehicle.reloads if self.appraiser.may_go(vehicle, task.location)]
        begun = {}
        for trip in range(1, most + 1 if acts and places else 1):
            for task in places:
                stop = Again(vehicle.id, trip, task)
                spans = [[window.start, window.end] for window in task.windows] or [[0, LATE]]
                self.begin[stop] = self.model.new_int_var_from_domain(
                    cp_model.Domain.from_intervals(spans), f"begin {stop}"
                )
                self._count(stop)
                begun[stop] = self.model.new_bool_var(f"{stop}")
        for literal in begun.values():
            self.model.add_bool_or(serve.values()).only_enforce_if(literal)
        return begun

    def _taken(
        self,
        vehicle: Vehicle,
        serve: dict[str, cp_model.IntVar],
        again: dict[Again, cp_model.IntVar],
        start: cp_model.IntVar,
    ) -> Sums:
        """What each trip takes on board at its start, which waits until all of that is ready."""
        trips = {stop.trip for stop in again}
        taken: Sums = [[0] * len(vehicle.capacity) for _ in range(1 + max(trips, default=0))]
        for job, served in serve.items():
            if self.jobs[job].pickup is not None:
                continue
            (act,) = acts_of(self.jobs[job])
            for trip, amounts in enumerate(taken):
                here = self.model.new_bool_var(f"{vehicle.id} {job} in {trip}")
                self.model.add_implication(here, served)
                self.model.add(self.trip[act] == trip).only_enforce_if(here)
                self.model.add(self.trip[act] != trip).only_enforce_if(served, ~here)
                for number, amount in enumerate(self.jobs[job].amount):
                    amounts[number] += amount * here
                begins = [start] if trip == 0 else [self.begin[stop] for stop in again if stop.trip == trip]
                for begin in begins:
                    self.model.add(begin >= self.jobs[job].release).only_enforce_if(here)
        return taken

    def _arcs(
        self,
        vehicle: Vehicle,
        used: cp_model.IntVar,
        serve: dict[str, cp_model.IntVar],
        again: dict[Again, cp_model.IntVar],
    ) -> list[Arc]:
        visited: dict[Stop, cp_model.IntVar] = {act: serve[act.job] for act in self.acts if act.job in serve}
        visited.update(again)
        nodes: list[Stop | None] = [None, *visited]
        circuit = [(0, 0, ~used)]
        circuit += [(node, node, ~literal) for node, literal in enumerate(visited.values(), 1)]
        prefix = self.appraiser.prefix(vehicle.id)
        frozen = dict(zip((None, *prefix), prefix, strict=False))
        arcs = []
        for here, before in enumerate(nodes):
            for there, after in enumerate(nodes):
                if here != there:
                    literal = self.model.new_bool_var(f"{vehicle.id} {before} {after}")
                    circuit.append((here, there, literal))
                    arcs.append(Arc(before, after, literal, *self._way(vehicle, before, after)))
                    if before in frozen and frozen[before] == after:
                        self.model.add(literal == 1)
        if any(act.job not in serve for act in prefix):
            self.model.add_bool_or([])
        self.model.add_circuit(circuit)
        return arcs

    def _way(self, vehicle: Vehicle, before: Stop | None, after: Stop | None) -> tuple[int, int, int]:
        tables = travel(self.problem, vehicle.profile)
        here = vehicle.start if before is None else self._task(before).location
        there = vehicle.end if after is None else self._task(after).location
        work = 0
        if before is not None:
            work = self._task(before).service_seconds
            if after is None or here != there:
                work += self.appraiser.visit_seconds[self._task(before).location]
        if here is None or there is None or here == there:
            return 0, 0, work
        spot = self.index[here], self.index[there]
        return int(tables.metres[spot]), int(tables.seconds[spot]), work

    def _follow(
        self,
        arc: Arc,
        start: cp_model.IntVar,
        end: cp_model.IntVar,
        taken: Sums,
        vehicle: Vehicle,
    ) -> None:
        model = self.model
        left = start if arc.before is None else self.begin[arc.before] + arc.work
        reached = end if arc.after is None else self.begin[arc.after]
        model.add(reached >= left + arc.seconds).only_enforce_if(arc.literal)
        if arc.after is None:
            return
        if arc.before is not None:
            model.add(self.rank[arc.after] >= self.rank[arc.before] + 1).only_enforce_if(arc.literal)
        trip = self._trip(arc.before)
        if isinstance(arc.after, Again):
            model.add(trip == arc.after.trip - 1).only_enforce_if(arc.literal)
        else:
            model.add(self.trip[arc.after] == trip).only_enforce_if(arc.literal)
        for number, load in enumerate(self.load[arc.after]):
            on_board = taken[0][number] if arc.before is None else self.load[arc.before][number]
            kept = self.kept[arc.before][number] if isinstance(arc.before, Act) else 0
            if isinstance(arc.after, Again):
                change = taken[arc.after.trip][number] - kept
            else:
                change, more = self._change(arc.after, number)
                model.add(self.kept[arc.after][number] == kept + more).only_enforce_if(arc.literal)
            model.add(load == on_board + change).only_enforce_if(arc.literal)
            model.add(load <= vehicle.capacity[number]).only_enforce_if(arc.literal)

    def _trip(self, stop: Stop | None) -> cp_model.LinearExprT:
        if stop is None:
            return 0
        return stop.trip if isinstance(stop, Again) else self.trip[stop]

    def _change(self, act: Act, number: int) -> tuple[int, int]:
        """Of the load, and of what stays on board to the end or a reload."""
        job = self.jobs[act.job]
        if act.kind == "pickup":
            return job.amount[number], 0 if job.delivery else job.amount[number]
        gained = job.returns[number] if job.returns else 0
        return gained - job.amount[number], gained

    def _rest(
        self,
        arcs: list[Arc],
        seconds: int,
        begin: cp_model.IntVar,
        route: tuple[cp_model.IntVar, cp_model.IntVar, cp_model.IntVar],
    ) -> None:
        """Before the start, after the end, or on one arc, which then takes as much longer."""
        start, end, used = route
        model = self.model
        early, late = model.new_bool_var("rest early"), model.new_bool_var("rest late")
        model.add(begin + seconds <= start).only_enforce_if(early)
        model.add(begin >= end).only_enforce_if(late)
        chosen = [early, late, ~used]
        for arc in arcs:
            here = model.new_bool_var("rest here")
            left = start if arc.before is None else self.begin[arc.before] + arc.work
            reached = end if arc.after is None else self.begin[arc.after]
            model.add_implication(here, arc.literal)
            model.add(begin >= left).only_enforce_if(here)
            model.add(reached >= begin + seconds).only_enforce_if(here)
            model.add(reached >= left + arc.seconds + seconds).only_enforce_if(here)
            chosen.append(here)
        model.add_bool_or(chosen)

    def _leave_out(self) -> None:
        """One vehicle at most does a job, and one job of a group; what is not done costs its tariff or is owed."""
        grouped = {job for group in self.problem.groups for job in group.jobs}
        wanted = [((job.id,), job) for job in self.problem.jobs if job.id not in grouped]
        wanted += [(group.jobs, group) for group in self.problem.groups]
        for jobs, due in wanted:
            ways = [literal for job in jobs for literal in self.serves[job]]
            self.model.add_at_most_one(ways)
            price = OWED * (1 + due.priority) if due.tariff is None else due.tariff * UNIT
            self.cost.append(price * (1 - sum(ways)))

    def _keep_order(self) -> None:
        for job in self.problem.jobs:
            ends = acts_of(job)
            if len(ends) == 2:
                self._before(*ends)
        for order in self.problem.orders:
            for number, act in enumerate(order.acts):
                for later in order.acts[number + 1 :]:
                    self._before(act, later)

    def _before(self, first: Act, later: Act) -> None:
        """Where both are done; acts in a fixed order are of one vehicle."""
        both = [sum(self.serves[act.job]) for act in (first, later)]
        gap = (3 * len(self.acts) + 3) * (2 - both[0] - both[1])
        self.model.add(self.rank[first] + 1 <= self.rank[later] + gap)
