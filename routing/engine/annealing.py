"""Our own engine: ruin and recreate, several short starts, then cooling again and again from the best.

The schedule depends on rounds alone, never on the clock, so a run of n rounds is the beginning of every
longer run with the same seed, and a kept plan can be found again.
"""

from __future__ import annotations

import time

from ..params import Params
from ..plan import Appraiser
from ..problem import Problem
from ..stop import AnyOf, MaxIterations, MaxSeconds, Stop
from .interface import Draft, Report
from .ruin import COLD, WARM, Ruin
from .ruin_data import Numbers, numbers

MOST_ACTS = 2_000
STARTS, ROUNDS_PER_START = 5, 40
FIRST_CYCLE = 300
REPORT_EVERY = 0.2


class Annealing:
    """See routing.engine.interface.Engine."""

    name = "ruin"

    def unable(self, problem: Problem) -> str | None:
        acts = sum((job.pickup is not None) + (job.delivery is not None) for job in problem.jobs)
        return f"{acts} acts (at most {MOST_ACTS})" if acts > MOST_ACTS else None

    def versions(self) -> tuple[str, ...]:
        return ("ruin 2",)

    def search(self, problem: Problem, params: Params, report: Report) -> Draft:
        run = _Run(problem, params, report)
        run.first_starts()
        run.cool()
        return run.report_best()


class _Run:
    def __init__(self, problem: Problem, params: Params, report: Report) -> None:
        self._begun = time.monotonic()
        self._stop: Stop = MaxSeconds(params.seconds)
        if params.iterations is not None:
            self._stop = AnyOf(self._stop, MaxIterations(params.iterations))
        self._problem, self._seed, self._report = problem, params.seed, report
        self._appraiser = Appraiser(problem)
        self._numbers: Numbers = numbers(problem, self._appraiser)
        self._rounds = 0
        self._reported = 0.0
        self._search = self._start(0)

    def _start(self, number: int) -> Ruin:
        search = Ruin(self._numbers, self._appraiser, self._seed * 1_000 + number)
        search.start(self._problem.initial)
        return search

    def _done(self) -> bool:
        return self._stop(self._rounds, self._search.best_cost)

    def _step(self, search: Ruin, heat: float) -> None:
        self._rounds += 1
        better = search.round(heat)
        now = time.monotonic()
        if better and search is self._search and now - self._reported > REPORT_EVERY:
            self._reported = now
            self.report_best()

    def first_starts(self) -> None:
        """Short runs from several beginnings; the best of them goes on."""
        self.report_best()
        rivals = [self._search]
        for number in range(STARTS):
            if number:
                rivals.append(self._start(number))
            heat = WARM / 10 * rivals[-1].scale
            for _ in range(ROUNDS_PER_START):
                if self._done():
                    break
                self._step(rivals[-1], heat)
        self._search.again_from(min(rivals, key=lambda rival: rival.best_cost))
        self.report_best()

    def cool(self) -> None:
        """Anneal from warm to cold in ever longer cycles, each from the best so far."""
        length = FIRST_CYCLE
        while not self._done():
            self._search.rewind()
            warm = WARM * self._search.scale
            for step in range(length):
                if self._done():
                    return
                self._step(self._search, warm * (COLD / WARM) ** (step / length))
            length *= 2

    def report_best(self) -> Draft:
        draft = Draft(self._search.sequences(), self._rounds, time.monotonic() - self._begun)
        self._report(draft)
        return draft


ENGINE = Annealing()
