"""Moves of ruin and recreate between two vehicles: all they do, or what they do from some stop on."""

from __future__ import annotations

import random
from collections.abc import Callable

from .ruin_data import Numbers
from .ruin_trip import INFINITY, Trip

State = dict[int, Trip]


class Swaps:
    """The best partner for a drawn vehicle; `allowed` asks what a trip cannot tell by itself."""

    def __init__(self, numbers: Numbers, draw: random.Random, allowed: Callable[[Trip], bool]) -> None:
        self._numbers, self._draw, self._allowed = numbers, draw, allowed

    def vehicles(self, state: State) -> State:
        """Two vehicles exchange all they do, where both may."""

        def swapped(one: Trip, other: Trip) -> tuple[list[int], list[int]] | None:
            frozen = one.fleet.prefix or other.fleet.prefix
            return None if frozen else (other.inner, one.inner)

        return self._best(state, swapped)

    def tails(self, state: State) -> State:
        """Two vehicles exchange what comes after a stop at which no pair is on board."""

        def crossed(one: Trip, other: Trip) -> tuple[list[int], list[int]] | None:
            here, there = self._cut(one), self._cut(other)
            if here is None or there is None:
                return None
            return (
                [*one.inner[:here], *other.inner[there:]],
                [*other.inner[:there], *one.inner[here:]],
            )

        return self._best(state, crossed)

    def reloads(self, state: State) -> State:
        """A vehicle makes one reload more, where that costs least: on such roads as there are it may save way."""
        busy = [trip for trip in state.values() if len(trip.nodes) > 2 and trip.fleet.reloads]
        if not busy:
            return state
        trip = self._draw.choice(busy)
        found = [
            self._trip(trip.vehicle, [*trip.inner[:stop], node, *trip.inner[stop:]])
            for stop in range(len(trip.fleet.prefix), len(trip.inner) + 1)
            for node in trip.fleet.reloads
        ]
        best = min((way for way in found if way is not None), key=lambda way: way.cost, default=trip)
        return state | {trip.vehicle: best}

    def _best(self, state: State, made: Callable[[Trip, Trip], tuple[list[int], list[int]] | None]) -> State:
        state = dict(state)
        busy = [spot for spot, trip in state.items() if len(trip.nodes) > 2]
        if not busy:
            return state
        one = self._draw.choice(busy)
        best, pair = INFINITY, None
        for other, trip in state.items():
            orders = made(state[one], trip) if other != one else None
            if orders is None:
                continue
            mine, theirs = self._trip(one, orders[0]), self._trip(other, orders[1])
            if mine is None or theirs is None:
                continue
            change = mine.cost + theirs.cost - state[one].cost - trip.cost
            if change < best:
                best, pair = change, (mine, theirs)
        for trip in pair or ():
            state[trip.vehicle] = trip
        return state

    def _trip(self, spot: int, inner: list[int]) -> Trip | None:
        """These stops on a vehicle; None where it may not or cannot."""
        works, work_of = self._numbers.works, self._numbers.work_of
        jobs = (work_of[node] for node in inner if work_of[node] >= 0)
        if any(spot not in works[job].vehicles for job in jobs) or not self.may_reload(spot, inner):
            return None
        trip = Trip(self._numbers, spot, inner)
        return trip if trip.cost < INFINITY and trip.fits() and self._allowed(trip) else None

    def may_reload(self, spot: int, inner: list[int]) -> bool:
        """Whether a vehicle has all the reloads among some stops, and as many."""
        work_of, fleet = self._numbers.work_of, self._numbers.fleet[spot]
        again = [node for node in inner if work_of[node] < 0]
        return len(again) <= fleet.most_reloads and set(again) <= set(fleet.reloads)

    def _cut(self, trip: Trip) -> int | None:
        """A drawn gap behind the frozen prefix over which no goods of a pair are carried."""
        works, work_of = self._numbers.works, self._numbers.work_of
        carried: set[int] = set()
        gaps = []
        for spot, node in enumerate([*trip.inner, -1]):
            if not carried and spot >= len(trip.fleet.prefix):
                gaps.append(spot)
            job = work_of[node] if node >= 0 else -1
            if job >= 0 and works[job].pickup is not None and works[job].delivery is not None:
                carried ^= {job}
        return self._draw.choice(gaps) if gaps else None
