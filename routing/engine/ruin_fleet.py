"""Fewer vehicles by ruin and recreate: a route is given up, and a job weighs more the longer it has no place.

The absence counters of Christiaens and Vanden Berghe (2020): what counts is the sum of counters of the jobs
that are left out, so that jobs take turns and the stubborn ones come in first.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..plan import Appraiser
from ..problem import Problem, Sequence
from .ruin import Ruin, State
from .ruin_data import numbers

MOST_ACTS = 1_000
PATIENCE = 300  # rounds without a route saved
SLACK = 2  # jobs more that may be left out for a smaller sum of counters
HEAT = 0.002  # of the cost, for plans that leave out as much


class FewerRoutes(Ruin):
    """Rounds on a given number of routes: no idle vehicle is ever used."""

    def __init__(
        self, problem: Problem, appraiser: Appraiser, sequences: tuple[Sequence, ...], seed: int
    ) -> None:
        super().__init__(numbers(problem, appraiser), appraiser, seed)
        self.start(sequences)
        self._absent = [1] * len(self._numbers.works)
        self.rounds = 0

    def least(self, over: Callable[[int], bool]) -> tuple[Sequence, ...] | None:
        """The fewest routes found, None where none was saved; ends with patience, or when `over(rounds)` says so."""
        found: tuple[Sequence, ...] | None = None
        while len(self.best) > 1:
            self._give_up_one()
            patience = self.rounds + PATIENCE
            while self.left:
                if self.rounds >= patience or over(self.rounds) or not self.state:
                    return found
                self._step()
            self.best = self.state
            found = self.sequences()
        return found

    def _give_up_one(self) -> None:
        """The route of those that found a place most easily; idle vehicles are out of the game."""
        busy = {spot: trip for spot, trip in self.state.items() if len(trip.nodes) > 2}
        work_of = self._numbers.work_of
        weak = min(busy, key=lambda spot: sum(self._absent[work_of[node]] for node in busy[spot].inner))
        self.left = self.left | self._served({weak: busy.pop(weak)})
        self.state, self.cost = busy, self._way(busy)

    def _step(self) -> None:
        self.rounds += 1
        state, removed = self._ruin(clear=False)
        state, left = self._recreate(state, self.left | removed)
        cost, now, then = self._way(state), self._weight(self.left), self._weight(left)
        fewer = len(left) < len(self.left)
        lighter = then < now and len(left) <= len(self.left) + SLACK
        heat = HEAT * self.cost * math.log(self._draw.random() or 1e-12)
        alike = then == now and len(left) == len(self.left) and cost < self.cost - heat
        for job in left:
            self._absent[job] += 1
        if fewer or lighter or alike:
            self.state, self.left, self.cost = state, left, cost

    def _weight(self, jobs: set[int]) -> int:
        return sum(self._absent[job] for job in jobs)

    def _way(self, state: State) -> float:
        return sum(trip.cost for trip in state.values())
