"""Ruin and recreate: take related jobs out of neighbouring routes, put them back greedily, accept as if
annealing.

After Slack Induction by String Removals (Christiaens and Vanden Berghe 2020), for pairs, optional jobs, groups
of alternatives, several trips and mixed fleets. Written in plain Python over few large steps: a few hundred rounds a second on sixty pairs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from ..plan import Appraiser, Broken
from ..problem import Sequence
from .ruin_data import NOWHERE, Numbers, Work
from .ruin_swaps import State, Swaps
from .ruin_trip import INFINITY, NO_PLACE, Place, Trip

AVERAGE_REMOVED = 10
LONGEST_STRING = 10
BLINK = 0.01
WARM, COLD = 0.01, 0.0001  # temperatures as a share of the cost at the start
ROUTE_CLEARING = 0.1  # share of rounds that empty a whole route
REHOUSING = 0.03  # share of rounds in which two vehicles exchange all they do
CROSSING = 0.03  # share of rounds in which two exchange the ends of their routes
DETOURS = 0.02  # share of rounds in which a route gets a reload more
RELOADS_TRIED = 3  # gaps of a route in which another reload is tried for a job
RELOADING, RELOADING_FULL = 0.15, 0.5  # how often: where the job fits as it is, where it does not
UNLOADING = 0.5  # share of ruined routes that lose a reload as well
EXACT = 0.3, 1.0  # share of rounds in which waiting is priced at every place: at most, and over all jobs
MOST_EXACT = 14  # nodes of a route that is looked at so closely
FEW_JOBS, OFTEN = 8, 3  # up to so many jobs the rare moves are as many times as frequent
GENEROUS = 0.03  # share of rounds that put in jobs whatever they cost: two may pay where one does not
SHUT = 0.3  # share of emptied routes whose vehicle gets nothing back in that round
DARING = 0.05  # share of rounds that ask the appraiser at the end only: two jobs may do where one may not


class Ruin:
    """The search: `round` makes one step, `best` is the best state so far."""

    def __init__(self, numbers: Numbers, appraiser: Appraiser, seed: int) -> None:
        self._numbers, self._appraiser = numbers, appraiser
        self._draw = random.Random(seed)
        self.state: State = {
            spot: Trip(numbers, spot, list(f.prefix)) for spot, f in enumerate(numbers.fleet)
        }
        self.left: set[int] = set(range(len(numbers.works)))
        self.best, self.best_cost = self.state, INFINITY
        self._often = OFTEN if len(numbers.works) <= FEW_JOBS else 1
        self._exactly = min(EXACT[0], EXACT[1] / max(1, len(numbers.works)))
        self._exact, self._daring, self._shut = False, False, NOWHERE
        self._reload = any(fleet.reloads for fleet in numbers.fleet)
        self._swaps = Swaps(numbers, self._draw, self._allowed)
        self.cost = INFINITY

    def start(self, sequences: tuple[Sequence, ...]) -> None:
        """Begin from given routes; what cannot be driven is left out; then everything is put in that fits."""
        node_of = {act: node for node, act in enumerate(self._numbers.acts)}
        spots = {name: spot for spot, name in enumerate(self._numbers.names)}
        for sequence in sequences:
            again = self._numbers.fleet[spots[sequence.vehicle]].again
            nodes = [again[act.location] if act.kind == "reload" else node_of[act] for act in sequence.acts]
            trip = Trip(self._numbers, spots[sequence.vehicle], nodes)
            if trip.cost < INFINITY and self._swaps.may_reload(trip.vehicle, nodes) and self._allowed(trip):
                self.state[trip.vehicle] = trip
        served = self._served(self.state)
        waiting = set(range(len(self._numbers.works))) - served
        state, left = self._recreate(dict(self.state), set(waiting))
        if any(not self._numbers.works[job].mandatory for job in left):
            state, left = min((state, left), self._opened(waiting), key=lambda found: self._cost(*found))
        self.state, self.left, self.cost = state, left, self._cost(state, left)
        self.best, self.best_cost = state, self.cost

    def round(self, heat: float) -> bool:
        """One ruin and recreate at this share of the initial temperature range; True for a new best."""
        drawn = self._draw.random()
        self._exact, self._daring = (
            self._draw.random() < self._exactly,
            self._draw.random() < self._often * DARING,
        )
        if drawn < REHOUSING:
            state, left = self._swaps.vehicles(self.state), self.left
        elif drawn < REHOUSING + self._often * CROSSING:
            state, left = self._swaps.tails(self.state), self.left
        elif self._reload and drawn < REHOUSING + self._often * (CROSSING + DETOURS):
            state, left = self._swaps.reloads(self.state), self.left
        else:
            clear = drawn > 1 - ROUTE_CLEARING
            state, removed = self._ruin(clear)
            generous = self._draw.random() < self._often * GENEROUS
            self._exact |= generous and self._often > 1
            state, left = self._recreate(state, self.left | removed, closed=clear, generous=generous)
            self._shut = NOWHERE
        cost = self._cost(state, left)
        if cost < self.cost - heat * math.log(self._draw.random() or 1e-12):
            self.state, self.left, self.cost = state, left, cost
        if cost < self.best_cost - 1e-6:
            self.best, self.best_cost = state, cost
            return True
        return False

    def sequences(self) -> tuple[Sequence, ...]:
        """The routes of the best state."""
        acts = self._numbers.acts
        return tuple(
            Sequence(self._numbers.names[spot], tuple(acts[node] for node in trip.inner))
            for spot, trip in self.best.items()
            if len(trip.nodes) > 2
        )

    @property
    def scale(self) -> float:
        """What the best state costs, mandatory jobs left out aside: the measure of heat."""
        works = self._numbers.works
        left = set(range(len(works))) - self._served(self.best)
        return self.best_cost - self._penalties({job for job in left if works[job].mandatory})

    def again_from(self, other: Ruin) -> None:
        """Go on from the best that another search found."""
        self.best, self.best_cost = other.best, other.best_cost
        self.rewind()

    def rewind(self) -> None:
        """Go back to the best state."""
        self.state, self.cost = self.best, self.best_cost
        self.left = set(range(len(self._numbers.works))) - self._served(self.best)

    def _served(self, state: State) -> set[int]:
        """Jobs that are done to their end: goods that are only on board still want their delivery."""
        done = {node for trip in state.values() for node in trip.inner}
        works = self._numbers.works
        return {
            job
            for job, work in enumerate(works)
            if (work.pickup if work.delivery is None else work.delivery) in done
        }

    def _cost(self, state: State, left: set[int]) -> float:
        return sum(trip.cost for trip in state.values()) + self._penalties(left)

    def _penalties(self, left: set[int]) -> float:
        works = self._numbers.works
        cost = sum(works[job].penalty for job in left if works[job].group < 0)
        missed = (jobs for jobs in self._numbers.groups if left.issuperset(jobs))
        return cost + sum(works[jobs[0]].penalty for jobs in missed)

    def _ruin(self, clear: bool) -> tuple[State, set[int]]:
        """Strings of jobs around a drawn one, from as many routes as it takes; or a whole route."""
        busy = [spot for spot, trip in self.state.items() if len(trip.nodes) > 2]
        removed: set[int] = set()
        if busy and clear:
            emptied = self._draw.choice(busy)
            removed = self._loose(self.state[emptied])
            self._shut = emptied if self._draw.random() < SHUT else NOWHERE
        elif busy:
            removed = self._strings(busy)
        state = dict(self.state)
        for spot in busy:
            if any(self._numbers.work_of[node] in removed for node in state[spot].inner):
                state[spot] = self._unloaded(state[spot].without(removed))
        return state, removed

    def _unloaded(self, trip: Trip) -> Trip:
        """Now and then less one reload, where all fits without it."""
        loose = [stop for stop in trip.reloads if stop > len(trip.fleet.prefix)]
        if loose and self._draw.random() < UNLOADING:
            fewer = trip.without_reload(self._draw.choice(loose))
            if fewer.cost < INFINITY and fewer.fits():
                return fewer
        return trip

    def _lean(self, trip: Trip) -> Trip:
        """The trip less the reloads that it is cheaper without."""
        for stop in reversed(trip.reloads):
            if stop > len(trip.fleet.prefix):
                fewer = trip.without_reload(stop)
                if fewer.cost <= trip.cost and fewer.fits() and self._allowed(fewer):
                    trip = fewer
        return trip

    def _loose(self, trip: Trip) -> set[int]:
        """The jobs for which a trip does something behind its frozen prefix."""
        return {self._numbers.work_of[node] for node in trip.inner[len(trip.fleet.prefix) :]} - {NOWHERE}

    def _strings(self, busy: list[int]) -> set[int]:
        work_of = self._numbers.work_of
        home = {work_of[node]: spot for spot in busy for node in self.state[spot].inner if work_of[node] >= 0}
        seed = self._draw.randrange(len(self._numbers.works))
        mean = sum(len(self.state[spot].nodes) - 2 for spot in busy) / len(busy)
        longest = max(1.0, min(LONGEST_STRING, mean))
        strings = max(1, int(self._draw.uniform(1, 4 * AVERAGE_REMOVED / (1 + longest))))
        removed: set[int] = set()
        ruined: set[int] = set()
        for job in (seed, *self._numbers.near[seed]):
            if len(ruined) >= strings:
                break
            if job in home and home[job] not in ruined and job not in removed:
                trip = self.state[home[job]]
                removed |= self._string(
                    trip, job, int(self._draw.uniform(1, min(longest, len(trip.nodes) - 2) + 1))
                )
                ruined.add(home[job])
        return removed

    def _string(self, trip: Trip, job: int, length: int) -> set[int]:
        """Neighbouring stops around the delivery of a job."""
        work_of, inner = self._numbers.work_of, trip.inner
        spots = [spot for spot, node in enumerate(inner) if work_of[node] == job]
        centre = self._draw.choice(spots)
        start = max(0, min(centre - self._draw.randrange(length), len(inner) - length))
        return {work_of[node] for node in inner[start : start + length]} & self._loose(trip)

    def _recreate(
        self, state: State, left: set[int], *, closed: bool = False, generous: bool = False
    ) -> tuple[State, set[int]]:
        """Every job at its cheapest place, in a drawn order; optional ones only below their price.

        With `closed` idle vehicles come last: only for what fits nowhere else. `generous` asks for no price.
        """
        met = {number for number, jobs in enumerate(self._numbers.groups) if not left.issuperset(jobs)}
        still = self._put(state, self._order(left), met, closed, generous)
        if closed:
            still = self._put(state, still, met, False, generous)
        for spot, trip in state.items():
            if trip is self.state[spot]:
                continue
            if self._daring and not self._allowed(trip):
                trip.cost = INFINITY
            elif trip.reloads:
                state[spot] = self._lean(trip)
        return state, set(still)

    def _put(self, state: State, jobs: list[int], met: set[int], closed: bool, generous: bool) -> list[int]:
        """The jobs for which there is no place, one after another; of a group only one is wanted."""
        still = []
        for job in jobs:
            group = self._numbers.works[job].group
            if group in met or not self._insert(state, job, closed, generous):
                still.append(job)
            elif group >= 0:
                met.add(group)
        return still

    def _opened(self, waiting: set[int]) -> tuple[State, set[int]]:
        """Routes for all that fits, whatever it costs, less those dearer than the prices of their jobs.

        One job alone seldom pays for a vehicle that ten together pay for with ease.
        """
        self._exact = self._often > 1
        state, left = self._recreate(dict(self.state), waiting, generous=True)
        works, work_of = self._numbers.works, self._numbers.work_of
        for spot, trip in state.items():
            jobs = {work_of[node] for node in trip.inner} - {NOWHERE}
            if trip.fleet.prefix or not jobs or any(works[job].mandatory for job in jobs):
                continue
            if trip.cost > sum(works[job].penalty for job in jobs):
                state[spot], left = Trip(self._numbers, spot, []), left | jobs
        return state, left

    def _order(self, left: set[int]) -> list[int]:
        works = self._numbers.works
        jobs = sorted(left)
        self._draw.shuffle(jobs)
        keys: list[Callable[[int], float]] = [
            lambda job: 0,
            lambda job: -sum(works[job].amount),
            lambda job: len(works[job].vehicles),
            lambda job: self._far(works[job]),
        ]
        weights = (4, 4, 1, 3)
        jobs.sort(key=self._draw.choices(keys, weights)[0])
        if self._draw.random() < 0.5:
            jobs.sort(key=lambda job: not works[job].mandatory)
        return jobs

    def _far(self, work: Work) -> float:
        """The way from where vehicles start, farthest first."""
        node = work.delivery if work.delivery is not None else work.pickup
        first = self._numbers.fleet[0]
        return -first.cost[first.start][node] if node is not None else 0.0

    def _insert(self, state: State, job: int, closed: bool, generous: bool = False) -> bool:
        work = self._numbers.works[job]
        barred: set[int] = set()
        while True:
            spot, base, place = self._cheapest(
                state, work, barred, closed, INFINITY if generous else work.penalty
            )
            if base is None:
                return False
            trip = base.with_job(work, place)
            if trip.cost < INFINITY and self._passes(trip):
                state[spot] = trip
                return True
            barred.add(spot)

    def _cheapest(
        self, state: State, work: Work, barred: set[int], closed: bool, limit: float
    ) -> tuple[int, Trip | None, Place]:
        """The vehicle, its trip as it is or with a reload more, and the place in that."""
        best: tuple[int, Trip | None, Place] = (-1, None, NO_PLACE)
        idle: set[object] = set()
        for spot, trip in state.items():
            if (
                spot not in work.vehicles
                or spot in barred
                or spot == self._shut
                or self._draw.random() < BLINK
            ):
                continue
            if len(trip.nodes) == 2:
                if closed or trip.fleet.alike in idle:
                    continue
                idle.add(trip.fleet.alike)
            place = self._place(trip, work, limit)
            if place is not NO_PLACE:
                best, limit = (spot, trip, place), place.added
            often = RELOADING_FULL if place is NO_PLACE else RELOADING
            if self._reloads_again(trip) and self._draw.random() < often:
                best, limit = self._with_reload(trip, work, best, limit)
        return best

    def _place(self, trip: Trip, work: Work, limit: float) -> Place:
        if self._exact and len(trip.nodes) <= MOST_EXACT and work.pickup not in trip.fleet.prefix:
            return trip.exact_place(work, limit, self._passes)
        return trip.best_place(work, limit)

    def _passes(self, trip: Trip) -> bool:
        return self._daring or self._allowed(trip)

    def _reloads_again(self, trip: Trip) -> bool:
        fleet = trip.fleet
        return bool(fleet.reloads) and len(trip.reloads) < fleet.most_reloads

    def _with_reload(
        self, trip: Trip, work: Work, best: tuple[int, Trip | None, Place], limit: float
    ) -> tuple[tuple[int, Trip | None, Place], float]:
        """The better of what is known and a place for the job on the trip with a reload more."""
        gaps = range(len(trip.fleet.prefix), len(trip.nodes) - 1)
        for stop in self._draw.sample(gaps, min(RELOADS_TRIED, len(gaps))):
            base = trip.with_reload(stop, self._draw.choice(trip.fleet.reloads))
            more = base.cost - trip.cost
            place = self._place(base, work, limit - more) if base.cost < INFINITY else NO_PLACE
            if place is not NO_PLACE:
                best, limit = (trip.vehicle, base, place), place.added + more
        return best, limit

    def _allowed(self, trip: Trip) -> bool:
        """What only the appraiser knows: greatest distance and duration, breaks and the time that they cost."""
        if not trip.fleet.strict:
            return True
        acts = [self._numbers.acts[node] for node in trip.inner]
        facts = self._appraiser.appraise(self._numbers.names[trip.vehicle], acts)
        if isinstance(facts, Broken):
            return False
        trip.cost = float(facts.cost if acts else 0)
        return True
