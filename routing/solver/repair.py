"""After any engine: nothing is left out that fits cheaply, nothing is kept that does not pay."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ..plan import Appraiser, Broken, left_out
from ..plan.places import Places
from ..problem import Act, Job, Problem, Sequence, Vehicle, acts_of
from ..stop import MaxSeconds

MOST_ORDERED = 6  # deliveries of begun jobs whose every order is tried
Routes = dict[str, tuple[Act, ...]]


@dataclass(frozen=True, slots=True)
class Insertion:
    """The cheapest place for a job: the vehicle, its acts with the job in, the fen it adds."""

    vehicle: str
    acts: tuple[Act, ...]
    added: int


@dataclass(frozen=True, slots=True)
class Demand:
    """One of these jobs is wanted: mandatory, or at a price."""

    jobs: tuple[Job, ...]
    tariff: int | None
    rank: tuple[bool, int, str]


def demands(problem: Problem, served: set[str]) -> list[Demand]:
    """The jobs that stand alone and the groups of which nothing is served."""
    jobs = {job.id: job for job in problem.jobs}
    groups = {group.id: group for group in problem.groups}
    found = []
    for item in left_out(problem, served):
        group = groups.get(item.group)
        choice = (item.job,) if group is None else group.jobs
        priority = jobs[item.job].priority if group is None else group.priority
        rank = item.tariff is not None, -priority, item.job
        found.append(Demand(tuple(jobs[job] for job in choice), item.tariff, rank))
    return found


class Repair:
    """Routes that can be driven, made from any draft, then made better job by job."""

    def __init__(self, appraiser: Appraiser, clock: MaxSeconds) -> None:
        self._appraiser, self._clock = appraiser, clock
        self._jobs = appraiser.jobs

    def drivable(self, sequences: tuple[Sequence, ...]) -> Routes:
        """The draft without whatever cannot be driven; frozen prefixes always come first."""
        routes: Routes = {}
        for sequence in sequences:
            acts = sequence.acts
            while acts and isinstance(self._appraiser.appraise(sequence.vehicle, acts), Broken):
                acts = self._without_last_job(sequence.vehicle, acts)
            routes[sequence.vehicle] = self._without_idle_trips(sequence.vehicle, acts)
        for vehicle in self._appraiser.vehicles:
            if self._appraiser.prefix(vehicle) and not routes.get(vehicle):
                routes[vehicle] = self._begun(vehicle)
        return routes

    def _begun(self, vehicle: str) -> tuple[Act, ...]:
        """The frozen acts and the rest of the jobs they begin, in the cheapest order that is found."""
        acts = self._appraiser.prefix(vehicle)
        due = [
            Act(act.job, "delivery") for act in acts if act.kind == "pickup" and self._jobs[act.job].delivery
        ]
        rest = [act for act in due if act not in acts]
        if len(rest) <= MOST_ORDERED:
            orders = [(*acts, *order) for order in itertools.permutations(rest)]
            return min(orders, key=lambda order: self._cost(vehicle, order))
        return (*acts, *rest)

    def _without_last_job(self, vehicle: str, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        frozen = {act.job for act in self._appraiser.prefix(vehicle)}
        loose = [act.job for act in acts if act.job and act.job not in frozen]
        if loose:
            return without(acts, loose[-1])
        begun = len(self._appraiser.prefix(vehicle))
        return acts[:-1] if len(acts) > begun and acts[-1].kind == "reload" else ()

    def _without_idle_trips(self, vehicle: str, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        """The acts less the reloads that the route is cheaper without."""
        for spot in reversed(range(len(self._appraiser.prefix(vehicle)), len(acts))):
            if acts[spot].kind == "reload":
                fewer = (*acts[:spot], *acts[spot + 1 :])
                if self._cost(vehicle, fewer) <= self._cost(vehicle, acts):
                    acts = fewer
        return acts

    def improve(self, routes: Routes) -> Routes:
        """Put in what fits (the owed first, by priority), then drop what a carrier does cheaper."""
        routes = dict(routes)
        self._fill(routes)
        self._drop(routes)
        return routes

    def first(self) -> Routes:
        """Routes made at once: every job behind the last of some vehicle, where that costs least."""
        routes = self.drivable(self._appraiser.problem.initial)
        for demand in self._left(routes):
            best: Insertion | None = None
            for job in demand.jobs:
                for vehicle in worth_trying(self._appraiser, routes, job):
                    if self._clock.left() <= 0:
                        return routes
                    best = self._behind_the_last(routes, vehicle.id, job, best)
            if best is not None and (demand.tariff is None or best.added < demand.tariff):
                routes[best.vehicle] = best.acts
        return routes

    def _behind_the_last(
        self, routes: Routes, vehicle: str, job: Job, best: Insertion | None
    ) -> Insertion | None:
        now = routes.get(vehicle, ())
        again = [(Act("", "reload", task.location),) for task in self._appraiser.vehicles[vehicle].reloads]
        for between in ((), *(again if now else ())):
            facts = self._appraiser.appraise(vehicle, (*now, *between, *acts_of(job)))
            if not isinstance(facts, Broken):
                added = int(facts.cost - self._cost(vehicle, now))
                if best is None or added < best.added:
                    best = Insertion(vehicle, facts.acts, added)
        return best

    def _left(self, routes: Routes) -> list[Demand]:
        """What is on no route, the owed first, by priority."""
        served = {act.job for acts in routes.values() for act in acts}
        return sorted(demands(self._appraiser.problem, served), key=lambda item: item.rank)

    def _fill(self, routes: Routes) -> None:
        known: dict[str, Places] = {}
        for demand in self._left(routes):
            best = self._cheapest(routes, demand.jobs, known)
            if self._clock.left() <= 0:
                return
            if best is not None and (demand.tariff is None or best.added < demand.tariff):
                routes[best.vehicle] = best.acts
                known.pop(best.vehicle)

    def _cheapest(self, routes: Routes, jobs: tuple[Job, ...], known: dict[str, Places]) -> Insertion | None:
        """The cheapest place for one of the jobs on any vehicle, as far as the time goes."""
        best: Insertion | None = None
        for job in jobs:
            for vehicle in worth_trying(self._appraiser, routes, job):
                if self._clock.left() <= 0:
                    return best
                if vehicle.id not in known:
                    known[vehicle.id] = Places(self._appraiser, vehicle, routes.get(vehicle.id, ()))
                found = known[vehicle.id].cheapest(job)
                if found is not None and (best is None or found.added < best.added):
                    best = Insertion(vehicle.id, found.facts.acts, found.added)
        return best

    def _drop(self, routes: Routes) -> None:
        for vehicle, acts in list(routes.items()):
            frozen = {act.job for act in self._appraiser.prefix(vehicle)}
            for job_id in dict.fromkeys(act.job for act in acts if act.job):
                group = self._appraiser.group_of.get(job_id)
                tariff = self._jobs[job_id].tariff if group is None else group.tariff
                if self._clock.left() <= 0:
                    return
                if tariff is None or job_id in frozen:
                    continue
                fewer = self._without_idle_trips(vehicle, without(routes[vehicle], job_id))
                if self._cost(vehicle, fewer) + tariff < self._cost(vehicle, routes[vehicle]):
                    routes[vehicle] = fewer

    def _cost(self, vehicle: str, acts: tuple[Act, ...]) -> float:
        if not acts:
            return 0
        facts = self._appraiser.appraise(vehicle, acts)
        return float("inf") if isinstance(facts, Broken) else facts.cost


def without(acts: tuple[Act, ...], job_id: str) -> tuple[Act, ...]:
    """The acts of every other job."""
    return tuple(act for act in acts if act.job != job_id)


def worth_trying(appraiser: Appraiser, routes: Routes, job: Job) -> Iterator[Vehicle]:
    """Vehicles that may take the job: all that drive, and one of each kind of idle ones."""
    for kind in appraiser.kinds:
        if job.id in appraiser.admitted(kind[0]):
            yield from (vehicle for vehicle in kind if routes.get(vehicle.id))
            yield from itertools.islice((vehicle for vehicle in kind if not routes.get(vehicle.id)), 1)
