"""Turns: so many at work at once, so many waiting, none for longer than its patience.

A thread that waits costs nothing; a hundred that work at once make everybody slow. What cannot be served in
time is told so at once, and the lanes empty by themselves.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from prometheus_client import Counter, Gauge

from backend.interfaces.crowd.paths import Lane

AT_WORK = Gauge("zhisong_lane_at_work", "Requests at work", ["lane"])
WAITING = Gauge("zhisong_lane_waiting", "Requests that wait for their turn", ["lane"])
TURNED_AWAY = Counter("zhisong_lane_turned_away_total", "Requests answered with 503", ["lane"])


@dataclass(frozen=True)
class Width:
    """`work` at once, `queue` behind them, `patience` in seconds."""

    work: int
    queue: int
    patience: float


class Turns:
    """One lane of this process."""

    def __init__(self, name: str, width: Width) -> None:
        self.name, self.width = name, width
        self._lock = threading.Lock()
        self._order: deque[threading.Lock] = deque()  # each held until its turn has come
        self.at_work = 0
        AT_WORK.labels(name).set_function(lambda: self.at_work)
        WAITING.labels(name).set_function(lambda: self.waiting)

    @property
    def waiting(self) -> int:
        return len(self._order)

    @property
    def full(self) -> bool:
        """Everybody is at work and somebody waits already: what can be spared should be."""
        return self.at_work >= self.width.work and self.waiting > 0

    def enter(self) -> bool:
        """Wait for a turn, in order of arrival. False: there is none in time."""
        with self._lock:
            if self.at_work < self.width.work and not self._order:
                return self._begin()
            if len(self._order) >= self.width.queue:
                return self._turn_away()
            mine = threading.Lock()
            mine.acquire()
            self._order.append(mine)
        if mine.acquire(timeout=self.width.patience):
            return True
        with self._lock:
            if mine not in self._order:  # the turn came at the last moment
                return True
            self._order.remove(mine)
            return self._turn_away()

    def leave(self) -> None:
        """Hand the turn to whoever came first; nobody else is woken."""
        with self._lock:
            self.at_work -= 1
            if self._order:
                self._order.popleft().release()
                self.at_work += 1

    def _begin(self) -> bool:
        self.at_work += 1
        return True

    def _turn_away(self) -> bool:
        TURNED_AWAY.labels(self.name).inc()
        return False


def of_settings() -> Mapping[Lane, Turns]:
    """The lanes of one process: see docs/crowd.md for how they fit the number of threads."""
    widths = {
        Lane.GIFT: Width(settings.CROWD_GIFTS_AT_WORK, settings.CROWD_GIFTS_WAITING, 10.0),
        Lane.BEGIN: Width(settings.CROWD_PAGES_AT_WORK, settings.CROWD_PAGES_WAITING, 3.0),
        Lane.WORK: Width(settings.CROWD_PAGES_AT_WORK, settings.CROWD_PAGES_WAITING, 10.0),
        Lane.PAGE: Width(settings.CROWD_PAGES_AT_WORK, settings.CROWD_PAGES_WAITING, 2.0),
    }
    return {lane: Turns(lane.value, width) for lane, width in widths.items()}
