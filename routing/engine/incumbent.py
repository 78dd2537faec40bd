"""The best that engines found so far, by one measure for all of them."""

from __future__ import annotations

import time

from ..plan import Appraiser, Broken, left_out
from ..problem import Sequence
from .interface import Draft, Report

REPORT_EVERY = 0.1
Worth = tuple[int, int]


class Incumbent:
    """The best routes by what they truly cost; reports them, not more often than it helps."""

    def __init__(self, appraiser: Appraiser, report: Report) -> None:
        self._appraiser, self._report = appraiser, report
        self._begun, self._reported = time.monotonic(), 0.0
        self._costs: dict[Sequence, int | None] = {}
        self.worth: Worth | None = None
        self.best: tuple[Sequence, ...] = ()
        self.iterations = 0

    def offer(self, found: tuple[Sequence, ...]) -> None:
        """Kept where it is better; routes that cannot be driven only until there are others."""
        worth = self._worth(found)
        if worth is None and self.best:
            return
        if worth is not None and self.worth is not None and worth >= self.worth:
            return
        self.worth, self.best = worth, found
        now = time.monotonic()
        if now - self._reported >= REPORT_EVERY:
            self._reported = now
            self.told()

    def told(self) -> Draft:
        draft = Draft(self.best, self.iterations, time.monotonic() - self._begun)
        self._report(draft)
        return draft

    def _worth(self, found: tuple[Sequence, ...]) -> Worth | None:
        """Mandatory jobs left out by priority, then fen."""
        costs = [self._cost(sequence) for sequence in found]
        left = left_out(self._appraiser.problem, (act.job for item in found for act in item.acts))
        if None in costs:
            return None
        fen = sum(cost or 0 for cost in costs) + sum(item.tariff or 0 for item in left)
        return sum(1 + self._priority(item.job) for item in left if item.tariff is None), fen

    def _priority(self, job: str) -> int:
        group = self._appraiser.group_of.get(job)
        return self._appraiser.jobs[job].priority if group is None else group.priority

    def _cost(self, sequence: Sequence) -> int | None:
        if sequence not in self._costs:
            facts = self._appraiser.appraise(sequence.vehicle, sequence.acts)
            self._costs[sequence] = None if isinstance(facts, Broken) else facts.cost
        return self._costs[sequence]
