"""The best that engines found so far, by one measure for all of them."""

from __future__ import annotations

import time

from ..plan import Appraiser, Scales, Worth
from ..problem import Sequence
from .interface import Draft, Report

REPORT_EVERY = 0.1


class Incumbent:
    """The best routes by what they truly cost; reports them, not more often than it helps."""

    def __init__(self, appraiser: Appraiser, report: Report) -> None:
        self._scales, self._report = Scales(appraiser), report
        self._begun, self._reported = time.monotonic(), 0.0
        self.worth: Worth | None = None
        self.best: tuple[Sequence, ...] = ()
        self.iterations = 0

    def offer(self, found: tuple[Sequence, ...]) -> None:
        """Kept where it is better; routes that cannot be driven only until there are others."""
        worth = self._scales.weigh(found)
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
