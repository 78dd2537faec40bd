"""Ruin and recreate: take related jobs out of neighbouring routes, put them back greedily, accept as if
annealing.

After Slack Induction by String Removals (Christiaens and Vanden Berghe 2020), for pairs, optional jobs and
mixed fleets. Written in plain Python over few large steps: a few hundred rounds a second on sixty pairs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from ..plan import Appraiser, Facts
from ..problem import Sequence
from .ruin_data import Numbers, Work
from .ruin_trip import INFINITY, NO_PLACE, Place, Trip

AVERAGE_REMOVED = 10
LONGEST_STRING = 10
BLINK = 0.01
WARM, COLD = 0.01, 0.0001  # temperatures as a share of the cost at the start
ROUTE_CLEARING = 0.1  # share of rounds that empty a whole route
REHOUSING = 0.03  # share of rounds in which two vehicles exchange all they do

State = dict[int, Trip]


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
        self.cost = INFINITY

    def start(self, sequences: tuple[Sequence, ...]) -> None:
        """Begin from given routes; what cannot be driven is left out; then everything is put in that fits."""
        node_of = {act: node for node, act in enumerate(self._numbers.acts)}
        spots = {name: spot for spot, name in enumerate(self._numbers.names)}
        for sequence in sequences:
            nodes = [node_of[act] for act in sequence.acts]
            trip = Trip(self._numbers, spots[sequence.vehicle], nodes)
            if trip.cost < INFINITY and self._allowed(trip):
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
        if drawn < REHOUSING:
            state, left = self._rehouse(), self.left
        else:
            clear = drawn < REHOUSING + ROUTE_CLEARING
            state, removed = self._ruin(clear)
            state, left = self._recreate(state, self.left | removed, closed=clear)
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
        works = self._numbers.works
        return sum(trip.cost for trip in state.values()) + sum(works[job].penalty for job in left)

    def _rehouse(self) -> State:
        """Two vehicles exchange all they do, where both may; the best partner for a drawn one."""
        state = dict(self.state)
        busy = [spot for spot, trip in state.items() if len(trip.nodes) > 2 and not trip.fleet.prefix]
        if not busy:
            return state
        one = self._draw.choice(busy)
        best, pair = INFINITY, None
        for other, trip in state.items():
            if other == one or trip.fleet.prefix:
                continue
            mine, theirs = self._moved(state[one], other), self._moved(trip, one)
            change = mine.cost + theirs.cost - state[one].cost - trip.cost
            if change < best:
                best, pair = change, (mine, theirs)
        for trip in pair or ():
            state[trip.vehicle] = trip
        return state

    def _moved(self, trip: Trip, spot: int) -> Trip:
        """The same stops on another vehicle; of infinite cost where it may not or cannot."""
        moved = Trip(self._numbers, spot, trip.inner)
        works, work_of = self._numbers.works, self._numbers.work_of
        barred = any(spot not in works[work_of[node]].vehicles for node in trip.inner)
        if barred or not moved.fits() or not self._allowed(moved):
            moved.cost = INFINITY
        return moved

    def _ruin(self, clear: bool) -> tuple[State, set[int]]:
        """Strings of jobs around a drawn one, from as many routes as it takes; or a whole route."""
        busy = [spot for spot, trip in self.state.items() if len(trip.nodes) > 2]
        removed: set[int] = set()
        if busy and clear:
            removed = self._loose(self.state[self._draw.choice(busy)])
        elif busy:
            removed = self._strings(busy)
        state = dict(self.state)
        for spot in busy:
            if any(self._numbers.work_of[node] in removed for node in state[spot].inner):
                state[spot] = state[spot].without(removed)
        return state, removed

    def _loose(self, trip: Trip) -> set[int]:
        """The jobs for which a trip does something behind its frozen prefix."""
        return {self._numbers.work_of[node] for node in trip.inner[len(trip.fleet.prefix) :]}

    def _strings(self, busy: list[int]) -> set[int]:
        work_of = self._numbers.work_of
        home = {work_of[node]: spot for spot in busy for node in self.state[spot].inner}
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
        still = [job for job in self._order(left) if not self._insert(state, job, closed, generous)]
        if closed:
            still = [job for job in still if not self._insert(state, job, False)]
        return state, set(still)

    def _opened(self, waiting: set[int]) -> tuple[State, set[int]]:
        """Routes for all that fits, whatever it costs, less those dearer than the prices of their jobs.

        One job alone seldom pays for a vehicle that ten together pay for with ease.
        """
        state, left = self._recreate(dict(self.state), waiting, generous=True)
        works, work_of = self._numbers.works, self._numbers.work_of
        for spot, trip in state.items():
            jobs = {work_of[node] for node in trip.inner}
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
            spot, place = self._cheapest(state, work, barred, closed, INFINITY if generous else work.penalty)
            if place is NO_PLACE:
                return False
            trip = state[spot].with_job(work, place)
            if trip.cost < INFINITY and self._allowed(trip):
                state[spot] = trip
                return True
            barred.add(spot)

    def _cheapest(
        self, state: State, work: Work, barred: set[int], closed: bool, limit: float
    ) -> tuple[int, Place]:
        best, where = NO_PLACE, -1
        idle: set[object] = set()
        for spot, trip in state.items():
            if spot not in work.vehicles or spot in barred or self._draw.random() < BLINK:
                continue
            if len(trip.nodes) == 2:
                if closed or trip.fleet.alike in idle:
                    continue
                idle.add(trip.fleet.alike)
            place = trip.best_place(work, limit)
            if place is not NO_PLACE:
                best, where, limit = place, spot, place.added
        return where, best

    def _allowed(self, trip: Trip) -> bool:
        """What only the appraiser knows: greatest distance and duration, breaks."""
        if not trip.fleet.strict:
            return True
        acts = [self._numbers.acts[node] for node in trip.inner]
        return isinstance(self._appraiser.appraise(self._numbers.names[trip.vehicle], acts), Facts)
