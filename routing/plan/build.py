"""From sequences of acts to a plan with times, loads and costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Many

from ..problem import Act, Problem, Sequence
from .appraise import Appraiser, Broken, Facts
from .model import Cost, Done, Plan, Rest, Route, Step, Unserved


class Infeasible(ValueError):
    """The sequence of this vehicle breaks a rule of the problem."""

    def __init__(self, vehicle: str, broken: Broken) -> None:
        super().__init__(f"{vehicle}: {broken.code} by {broken.short}")
        self.vehicle = vehicle
        self.broken = broken


def build(appraiser: Appraiser, sequences: Iterable[Sequence]) -> Plan:
    """The plan that drives these sequences; raises Infeasible at the first that cannot be driven."""
    routes = []
    for sequence in sequences:
        if not sequence.acts:
            continue
        facts = appraiser.appraise(sequence.vehicle, sequence.acts)
        if isinstance(facts, Broken):
            raise Infeasible(sequence.vehicle, facts)
        routes.append(route_of(appraiser, sequence.vehicle, facts))
    return assemble(appraiser.problem, routes)


def assemble(problem: Problem, routes: Many[Route]) -> Plan:
    """A plan of finished routes: what they leave out, and the sum of costs."""
    served = {act.job for route in routes for step in route.steps for act in step.acts}
    unserved = left_out(problem, served)
    order = {vehicle.id: index for index, vehicle in enumerate(problem.vehicles)}
    return Plan(
        routes=tuple(sorted(routes, key=lambda route: order[route.vehicle])),
        unserved=unserved,
        cost=Cost(
            fixed=sum(route.fixed_cost for route in routes),
            km=sum(route.km_cost for route in routes),
            hour=sum(route.hour_cost for route in routes),
            carrier=sum(item.tariff or 0 for item in unserved),
        ),
    )


def left_out(problem: Problem, served: Iterable[str]) -> tuple[Unserved, ...]:
    """What is not served: jobs that stand alone, and groups of which no job is done, by their first job."""
    done = set(served)
    group_of = {job: group for group in problem.groups for job in group.jobs}
    met = {group_of[job].id for job in done if job in group_of}
    found = []
    for job in problem.jobs:
        group = group_of.get(job.id)
        if group is None:
            if job.id not in done:
                found.append(Unserved(job.id, job.tariff))
        elif group.id not in met:
            met.add(group.id)
            found.append(Unserved(job.id, group.tariff, group.id))
    return tuple(found)


def sequences_of(plan: Plan) -> tuple[Sequence, ...]:
    """The bare order of acts of every route."""
    return tuple(
        Sequence(route.vehicle, tuple(act_of(step, done) for step in route.steps for done in step.acts))
        for route in plan.routes
    )


def act_of(step: Step, done: Done) -> Act:
    """What was done at a step, as the problem names it."""
    return Act(done.job, done.kind, step.location if done.kind == "reload" else "")


def route_of(appraiser: Appraiser, vehicle_id: str, facts: Facts) -> Route:
    """The route in steps; consecutive acts at one place are one visit."""
    vehicle = appraiser.vehicles[vehicle_id]
    place = [appraiser.task(vehicle_id, act).location for act in facts.acts]
    first, last = vehicle.start or place[0], vehicle.end or place[-1]
    start = facts.times.start
    steps = [Step("start", first, start, 0, start, start, facts.loads[0])]
    visits = appraiser.problem.locations
    extra: Mapping[str, int] = {spot.id: spot.visit_seconds for spot in visits}
    for spot in _visit_starts(place):
        steps.append(_visit(appraiser, vehicle_id, facts, place, spot, extra))
    end = facts.times.end
    metres, seconds = facts.legs[-1]
    steps.append(Step("end", last, end, 0, end, end, facts.loads[-1], metres, seconds))
    return Route(
        vehicle_id,
        tuple(steps),
        facts.metres,
        end - start,
        facts.fixed_cost,
        facts.km_cost,
        facts.hour_cost,
        tuple(Rest(*span) for span in facts.times.rests),
    )


def _visit_starts(place: Many[str]) -> list[int]:
    return [spot for spot in range(len(place)) if spot == 0 or place[spot] != place[spot - 1]]


def _visit(
    appraiser: Appraiser,
    vehicle_id: str,
    facts: Facts,
    place: Many[str],
    spot: int,
    extra: Mapping[str, int],
) -> Step:
    stop = spot
    while stop + 1 < len(place) and place[stop + 1] == place[spot]:
        stop += 1
    begins = facts.times.begins
    work = appraiser.task(vehicle_id, facts.acts[stop]).service_seconds + extra[place[spot]]
    arrival = _arrival(facts, place, spot, appraiser, vehicle_id, extra)
    return Step(
        kind="visit",
        location=place[spot],
        arrival=arrival,
        wait=begins[spot] - arrival,
        start=begins[spot],
        departure=begins[stop] + work,
        load=facts.loads[stop + 1],
        leg_metres=facts.legs[spot][0],
        leg_seconds=facts.legs[spot][1],
        acts=tuple(
            Done(act.job, act.kind, begin)
            for act, begin in zip(facts.acts[spot : stop + 1], begins[spot : stop + 1], strict=True)
        ),
    )


def _arrival(
    facts: Facts,
    place: Many[str],
    spot: int,
    appraiser: Appraiser,
    vehicle_id: str,
    extra: Mapping[str, int],
) -> int:
    """When the vehicle gets there: after the leg and after the breaks that lie between the two stays."""
    left = facts.times.start
    if spot:
        service = appraiser.task(vehicle_id, facts.acts[spot - 1]).service_seconds
        left = facts.times.begins[spot - 1] + service + extra[place[spot - 1]]
    rests = [(low, high) for low, high in facts.times.rests if left <= low < facts.times.begins[spot]]
    rested = sum(high - low for low, high in rests)
    return min(facts.times.begins[spot], left + facts.legs[spot][1] + rested)
