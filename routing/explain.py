"""Why a plan is as it is: what keeps a job out, what would let it in, what a stop costs."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass

from .plan import (
    Appraiser,
    Broken,
    Code,
    Facts,
    Infeasible,
    Insertion,
    Places,
    Plan,
    Reason,
    Relaxation,
    StopPrice,
    Unserved,
    act_of,
    build,
    sequences_of,
    waiver,
)
from .problem import Act, Job, Problem, Sequence, Vehicle
from .stop import MaxSeconds

Routes = dict[str, tuple[Act, ...]]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A job put on a vehicle at the cheapest place: the acts, and the fen it adds there."""

    vehicle: str
    acts: tuple[Act, ...]
    added_cost: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The plan after a change, the fen it adds, the jobs on other vehicles than before and those left out."""

    plan: Plan
    added_cost: int
    moved: tuple[str, ...]
    left_out: tuple[str, ...]


def explained(problem: Problem, plan: Plan) -> Plan:
    """The plan with reasons and the cheapest relaxation per job left out, and a price for every stop."""
    return dataclasses.replace(plan, unserved=unserved(problem, plan), stop_prices=stop_prices(problem, plan))


def unserved(problem: Problem, plan: Plan, *, seconds: float = float("inf")) -> tuple[Unserved, ...]:
    """Every job left out with a reason per vehicle, and the cheapest single change that would let it in.

    The reason is the rule that bars the job from the vehicle for good; else the one whose waiving, alone,
    lets it into the route as planned at the least cost. Of a group the alternative that comes nearest speaks.
    What is owed is explained first; what is left when the seconds are over comes back without reasons.
    """
    asked, clock = _Asked(problem, plan), MaxSeconds(seconds)
    order = sorted(plan.unserved, key=lambda item: item.tariff is not None)
    return tuple(asked.explained(item) if clock.left() > 0 else item for item in order)


class _Asked:
    """The routes of a plan, each prepared once for all questions; idle vehicles of equal traits share one."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.appraiser, self._routes = Appraiser(problem), _routes(plan)
        self._groups = {group.id: group.jobs for group in problem.groups}
        self._places: dict[str, Places] = {}
        self._alike: dict[str, str] = {}  # every vehicle to the one that answers for it
        for kind in self.appraiser.kinds:
            idle = [vehicle.id for vehicle in kind if not self._routes.get(vehicle.id)]
            for vehicle in kind:
                self._alike[vehicle.id] = idle[0] if vehicle.id in idle else vehicle.id

    def places(self, vehicle_id: str) -> Places:
        name = self._alike[vehicle_id]
        if name not in self._places:
            vehicle = self.appraiser.vehicles[name]
            self._places[name] = Places(self.appraiser, vehicle, self._routes.get(name, ()))
        return self._places[name]

    def explained(self, item: Unserved) -> Unserved:
        jobs = self._groups.get(item.group, (item.job,))
        told = [self._told(item, self.appraiser.jobs[job]) for job in jobs]
        return min(told, key=lambda one: one.relaxation.added_cost if one.relaxation else float("inf"))

    def _told(self, item: Unserved, job: Job) -> Unserved:
        answers: dict[str, tuple[Reason, Relaxation | None]] = {}
        for name in dict.fromkeys(self._alike.values()):
            answers[name] = _why(self.places(name), self.appraiser.vehicles[name], job, item.tariff)
        reasons = tuple(
            dataclasses.replace(answers[alike][0], vehicle=vehicle) for vehicle, alike in self._alike.items()
        )
        order = {vehicle: number for number, vehicle in enumerate(self.appraiser.vehicles)}
        ways = [way for _, way in answers.values() if way is not None]
        return dataclasses.replace(
            item,
            job=job.id,
            reasons=tuple(sorted(reasons, key=lambda reason: order[reason.vehicle])),
            relaxation=min(ways, key=lambda way: (way.added_cost, order[way.vehicle]), default=None),
        )


def stop_prices(problem: Problem, plan: Plan) -> tuple[StopPrice, ...]:
    """For every visit what it adds to its route: cost now minus cost without the jobs done there.

    Taking out one end of a pair takes out the other too. `carrier` is the sum of the tariffs of those jobs
    where each has one.
    """
    appraiser = Appraiser(problem)
    return tuple(price for route in plan.routes for price in _prices_of(appraiser, route.vehicle, plan))


def lane_prices(problem: Problem, plan: Plan) -> dict[tuple[str, str], int]:
    """Fen by (pickup location, delivery location): the price of each delivering visit, shared by weight.

    The weight is the first dimension. Jobs without a pickup count from the start of their vehicle.
    """
    jobs = {job.id: job for job in problem.jobs}
    starts = {route.vehicle: route.steps[0].location for route in plan.routes}
    lanes: dict[tuple[str, str], int] = defaultdict(int)
    for price in plan.stop_prices or stop_prices(problem, plan):
        brought = [
            job
            for job in (jobs[job_id] for job_id in price.jobs)
            if job.delivery is not None and job.delivery.location == price.location
        ]
        total = sum(job.amount[0] + 1 for job in brought)
        for job in brought:
            origin = job.pickup.location if job.pickup else starts[price.vehicle]
            lanes[origin, price.location] += price.price * (job.amount[0] + 1) // total
    return dict(lanes)


def evaluate(problem: Problem, sequences: tuple[Sequence, ...]) -> Plan | Infeasible:
    """A plan made by hand, with times and costs; or the first rule that it breaks."""
    try:
        return build(Appraiser(problem), sequences)
    except Infeasible as broken:
        return broken


def alternatives(problem: Problem, plan: Plan, job_id: str) -> tuple[Alternative, ...]:
    """Where else a job could go: per vehicle the cheapest place in its route as planned, cheapest first."""
    appraiser, routes = Appraiser(problem), _routes(plan)
    job = appraiser.jobs[job_id]
    found = []
    for vehicle in problem.vehicles:
        best = Places(appraiser, vehicle, _without(routes.get(vehicle.id, ()), {job_id})).cheapest(job)
        if best is not None:
            found.append(Alternative(vehicle.id, best.facts.acts, best.added))
    return tuple(sorted(found, key=lambda item: item.added_cost))


def inserted(problem: Problem, plan: Plan, job_id: str) -> Plan | None:
    """The plan with one more job at the cheapest place there is; None where there is none."""
    return moved(problem, plan, (job_id,))


def moved(problem: Problem, plan: Plan, jobs: Many[str], *, vehicle: str | None = None) -> Plan | None:
    """The plan with some jobs taken out and put back, one after another, each at its cheapest place.

    With a `vehicle` they all go there. None where one fits nowhere, or an alternative of it is done.
    """
    appraiser = Appraiser(problem)
    routes = {name: _without(acts, set(jobs)) for name, acts in _routes(plan).items()}
    for job in (appraiser.jobs[job_id] for job_id in jobs):
        group = appraiser.group_of.get(job.id)
        if group and any(act.job in group.jobs for acts in routes.values() for act in acts):
            return None
        found = []
        for name in appraiser.vehicles if vehicle is None else (vehicle,):
            way = Places(appraiser, appraiser.vehicles[name], routes.get(name, ())).cheapest(job)
            if way is not None:
                found.append((way.added, name, way.facts.acts))
        if not found:
            return None
        _, name, routes[name] = min(found, key=lambda way: way[0])
    return build(appraiser, (Sequence(name, acts) for name, acts in routes.items()))


def what_if(problem: Problem, plan: Plan) -> WhatIf:
    """What a plan of a problem becomes when the problem changes: locks, orders, windows, a vehicle less.

    `problem` is the changed one. Jobs stay where they may; those that break a rule leave their route, the
    last first, and go back one by one to their cheapest place. Not a search: an answer to show at once.
    """
    appraiser, routes = Appraiser(problem), {}
    loose: list[str] = []
    for sequence in sequences_of(plan):
        acts = tuple(act for act in sequence.acts if not act.job or act.job in appraiser.jobs)
        routes[sequence.vehicle], out = _drivable(appraiser, sequence.vehicle, acts)
        loose += out
    board = _Board(appraiser, routes)
    for job_id in loose:
        board.put(appraiser.jobs[job_id])
    now = build(appraiser, (Sequence(name, acts) for name, acts in routes.items()))
    before, after = _homes(plan), _homes(now)
    left = tuple(job for job in loose if job not in after)
    shifted = tuple(job for job in loose if job in after and after[job] != before[job])
    return WhatIf(now, now.cost.total - plan.cost.total, shifted, left)


class _Board:
    """Routes into which jobs go one after another; each is prepared once until it changes."""

    def __init__(self, appraiser: Appraiser, routes: Routes) -> None:
        self.appraiser, self.routes = appraiser, routes
        self._places: dict[str, Places] = {}

    def put(self, job: Job) -> None:
        """At the cheapest place there is, where that costs less than its tariff."""
        group = self.appraiser.group_of.get(job.id)
        if group and any(act.job in group.jobs for acts in self.routes.values() for act in acts):
            return
        tariff = group.tariff if group else job.tariff
        found = [
            (way.added, number, vehicle.id, way.facts.acts)
            for number, vehicle in enumerate(self.appraiser.vehicles.values())
            if (way := self._of(vehicle).cheapest(job)) is not None
        ]
        if not found:
            return
        added, _, name, acts = min(found)
        if tariff is None or added < tariff:
            self.routes[name] = acts
            self._places.pop(name, None)

    def _of(self, vehicle: Vehicle) -> Places:
        if vehicle.id not in self._places:
            self._places[vehicle.id] = Places(self.appraiser, vehicle, self.routes.get(vehicle.id, ()))
        return self._places[vehicle.id]


def _drivable(
    appraiser: Appraiser, vehicle_id: str, acts: tuple[Act, ...]
) -> tuple[tuple[Act, ...], list[str]]:
    """The acts that can still be driven, and the jobs that had to go: the barred ones, then the last."""
    vehicle = appraiser.vehicles.get(vehicle_id)
    jobs = dict.fromkeys(act.job for act in acts if act.job)
    out = [job for job in jobs if vehicle is None or appraiser.admits(vehicle, appraiser.jobs[job])]
    acts = _without(acts, set(out))
    while any(act.job for act in acts) and isinstance(appraiser.appraise(vehicle_id, acts), Broken):
        out.append(next(act.job for act in reversed(acts) if act.job))
        acts = _without(acts, {out[-1]})
    return (acts if any(act.job for act in acts) else ()), out


def _homes(plan: Plan) -> dict[str, str]:
    return {act.job: sequence.vehicle for sequence in sequences_of(plan) for act in sequence.acts}


def _routes(plan: Plan) -> Routes:
    return {sequence.vehicle: sequence.acts for sequence in sequences_of(plan)}


def _without(acts: tuple[Act, ...], jobs: set[str]) -> tuple[Act, ...]:
    return tuple(act for act in acts if act.job not in jobs)


def _cost(appraiser: Appraiser, vehicle: str, acts: tuple[Act, ...]) -> int | None:
    if not acts:
        return 0
    facts = appraiser.appraise(vehicle, acts)
    return None if isinstance(facts, Broken) else facts.cost


def _why(places: Places, vehicle: Vehicle, job: Job, tariff: int | None) -> tuple[Reason, Relaxation | None]:
    barred = places.appraiser.admits(vehicle, job)
    if barred is not None:
        waived = waiver(barred.code)
        best = None if waived is None else places.cheapest(job, waived)
        way = None if best is None else _way(places.appraiser, vehicle, best, barred.code)
        return Reason(vehicle.id, barred.code, barred.short), way
    best = places.cheapest(job)
    if best is not None:
        over = None if tariff is None else best.added - tariff
        return Reason(vehicle.id, "unused" if over is None or over < 0 else "price", max(over or 0, 0)), None
    found, faults = places.ways_in(job)
    if found:
        ways = [_way(places.appraiser, vehicle, insertion, code) for code, insertion in found]
        way = min(ways, key=lambda way: (way.added_cost, way.amount))
        return Reason(vehicle.id, way.code, way.amount), way
    least = min(faults, key=lambda fault: fault.short, default=Broken("locked"))
    return Reason(vehicle.id, least.code, least.short), None


def _way(appraiser: Appraiser, vehicle: Vehicle, found: Insertion, code: Code) -> Relaxation:
    return Relaxation(vehicle.id, code, _amount(appraiser, vehicle, found.facts, code), found.added)


def _amount(appraiser: Appraiser, vehicle: Vehicle, facts: Facts, code: Code) -> int:
    """How far the rule must give, in its own unit (grams, seconds, metres; 1 for yes or no)."""
    if code in ("full", "capacity"):
        return max(
            load - room for loads in facts.loads for load, room in zip(loads, vehicle.capacity, strict=True)
        )
    if code == "shift":
        return facts.times.end - vehicle.shift.end
    if code == "distance":
        return facts.metres - (vehicle.max_metres or 0)
    if code == "duration":
        return facts.times.end - facts.times.start - (vehicle.max_seconds or 0)
    if code == "window":
        return sum(
            _closed(appraiser, act, begin) for act, begin in zip(facts.acts, facts.times.begins, strict=True)
        )
    return 1


def _closed(appraiser: Appraiser, act: Act, begin: int) -> int:
    """Seconds from a moment to the nearest opening."""
    job = appraiser.jobs[act.job]
    task = job.pickup if act.kind == "pickup" else job.delivery
    windows = task.windows if task else ()
    return min((max(window.start - begin, begin - window.end, 0) for window in windows), default=0)


def _prices_of(appraiser: Appraiser, vehicle: str, plan: Plan) -> Iterator[StopPrice]:
    (route,) = [route for route in plan.routes if route.vehicle == vehicle]
    acts = tuple(act_of(step, done) for step in route.steps for done in step.acts)
    for number, step in enumerate(route.steps):
        if step.kind != "visit":
            continue
        jobs = tuple(dict.fromkeys(done.job for done in step.acts if done.job))
        if not jobs:
            continue  # a reload alone: without it the goods of its trip would not fit
        rest = _cost(appraiser, vehicle, _without(acts, set(jobs)))
        tariffs = [appraiser.jobs[job_id].tariff for job_id in jobs]
        carrier = None if None in tariffs else sum(tariff or 0 for tariff in tariffs)
        # Without a stop a route breaks a rule only where tables leave the roads; then it keeps its price.
        yield StopPrice(vehicle, number, step.location, jobs, route.cost - (rest or 0), carrier)
