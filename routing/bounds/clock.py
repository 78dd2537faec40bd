"""Networks under the time of day, or under the time on the road where nothing has opening hours."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..problem import Job, Problem, Window
from .network import Ground, IntRow, Kind, Network, Stay, anchor, rounding, work

MOST_BITS = ((30, 5), (80, 4), (150, 3), (300, 2))  # up to so many jobs: pickup places that are nodes


def by_time(problem: Problem, kind: Kind, numbers: dict[str, int], most_steps: int) -> Network:
    """The network of places under the time of day."""
    return _ByTime(problem, kind, numbers, most_steps).network()


@dataclass(slots=True)
class _Span:
    """When the last end of a job may begin: earliest, latest, and the windows between (seconds of the shift)."""

    windows: list[tuple[float, float]]

    @property
    def latest(self) -> float:
        return self.windows[-1][1] if self.windows else -1.0


class _ByTime:
    def __init__(self, problem: Problem, kind: Kind, numbers: dict[str, int], most_steps: int) -> None:
        self.problem, self.kind, self.numbers = problem, kind, numbers
        vehicle = kind.vehicle
        anchors = Counter(anchor(job) for job in kind.jobs)
        detours = (
            any(job.pickup and job.delivery for job in kind.jobs) or max(anchors.values(), default=0) > 1
        )
        self.ground = Ground(problem, vehicle, shortest=detours)
        self.span = float(vehicle.shift.end - vehicle.shift.start)
        tasks = [task for job in kind.jobs for task in (job.pickup, job.delivery) if task]
        self.clock = any(task.windows for task in tasks) or any(job.release for job in kind.jobs)
        if vehicle.max_seconds is not None and not self.clock:
            self.span = min(self.span, float(vehicle.max_seconds))
        self.span = min(self.span, self._busiest())
        self.unit = max(1.0, math.ceil((self.span + 1) / most_steps))
        self.limit = int(self.span // self.unit)

    def _busiest(self) -> float:
        """Longer than anything that can be done: an endless shift would leave nothing to count."""
        jobs = self.kind.jobs
        if self.clock:
            latest = [w.end for job in jobs for t in (job.pickup, job.delivery) if t for w in t.windows[-1:]]
            open_end = any(not t.windows for job in jobs for t in (job.pickup, job.delivery) if t)
            if open_end or not latest:
                return math.inf
            tail = float(self.ground.seconds.max() + self.ground.visit.max()) + max(
                map(work, jobs), default=0
            )
            return max(latest) - self.kind.vehicle.shift.start + tail
        reloads = self.kind.vehicle.reloads
        legs = (4 if reloads else 2) * len(jobs) + 1
        longest = float(self.ground.seconds.max() + self.ground.visit.max()) * legs + sum(map(work, jobs)) + 1
        return longest + 2 * len(jobs) * sum(task.service_seconds for task in reloads)

    def network(self) -> Network:
        ground, spans = self.ground, {job.id: self._span(job) for job in self.kind.jobs}
        possible = [job for job in self.kind.jobs if spans[job.id].windows]
        fetched = self._fetched(possible)
        bit = {place: number for number, place in enumerate(fetched)}
        lanes: dict[tuple[int, int], list[Job]] = defaultdict(list)
        for job in possible:
            source = self._source(job)
            lanes[ground.index[anchor(job)], -1 if source is None else bit.get(source, -1)].append(job)
        groups = list(lanes.values())
        places = np.array([*(place for place, _ in lanes), *fetched], dtype=np.int64)
        least = [min(map(self._least_work, jobs)) for jobs in groups]
        work = np.array(least + [self._fetch_work(place) for place in fetched], dtype=np.float64)
        visit = ground.visit[places]
        moved = places[:, None] != places[None, :]  # one stay may fetch and deliver
        leave = ground.hour * visit
        first, last = ground.first(places), ground.last(places)
        return Network(
            kind=self.kind,
            limit=self.limit,
            stays=[[self._stay(job, spans[job.id]) for job in jobs] for jobs in groups],
            bit=[source for _, source in lanes],
            bits=len(fetched),
            cost=(ground.cost[np.ix_(places, places)] + leave[:, None]) * moved,
            steps=self._steps(
                ground.seconds[np.ix_(places, places)] + visit[:, None] * moved + work[:, None]
            ),
            first_cost=first[0],
            first_steps=self._steps(ground.first_seconds(places)),
            last_cost=last[0] + leave,
            last_steps=self._steps(ground.last_seconds(places) + visit + work),
            open=self._opened(groups, spans, fetched),
            seconds=(ground.measure[np.ix_(places, places)] + ground.timed * visit[:, None]) * moved,
            first_seconds=first[1],
            last_seconds=last[1] + ground.timed * visit,
            span=ground.span,
            base_cost=self.kind.vehicle.fixed_price - rounding(self.kind.vehicle),
        )

    def _source(self, job: Job) -> int | None:
        """Where the goods of a pair are fetched."""
        return self.ground.index[job.pickup.location] if job.pickup and job.delivery else None

    def _steps(self, seconds: NDArray[np.float64]) -> IntRow:
        return np.asarray(seconds // self.unit, dtype=np.int64)

    def _stay(self, job: Job, span: _Span) -> Stay:
        busy = work(job)
        last = min(self.limit, int(span.latest // self.unit))
        return Stay(self.numbers[job.id], self.ground.hour * busy, self.ground.timed * busy, last)

    def _least_work(self, job: Job) -> int:
        """Seconds at the node for one job. With opening hours a pickup may fall into time spent waiting."""
        task = job.delivery or job.pickup
        assert task is not None
        return task.service_seconds if self.clock else work(job)

    def _fetch_work(self, place: int) -> int:
        if not self.clock:
            return 0
        return min(
            job.pickup.service_seconds for job in self.kind.jobs if job.pickup and self._source(job) == place
        )

    def _fetched(self, jobs: list[Job]) -> list[int]:
        """Pickup places with most goods to fetch."""
        sources = Counter(source for job in jobs if (source := self._source(job)) is not None)
        most = next((bits for count, bits in MOST_BITS if len(jobs) <= count), 1)
        return sorted(sorted(sources, key=lambda place: (-sources[place], place))[:most])

    def _span(self, job: Job) -> _Span:
        """When the node of a job may be begun at all, from all that must come before and after."""
        ground, shift = self.ground, self.kind.vehicle.shift
        place = np.array([ground.index[anchor(job)]])
        release = max(0.0, float(job.release - shift.start)) if self.clock else 0.0
        earliest = float(ground.first_seconds(place)[0])
        task = job.delivery or job.pickup
        assert task is not None
        if job.pickup and job.delivery:
            source = np.array([ground.index[job.pickup.location]])
            begin = max(float(ground.first_seconds(source)[0]), release, self._opens(job.pickup.windows))
            way = ground.seconds[source[0], place[0]]
            stay = ground.visit[source[0]] if source[0] != place[0] else 0.0
            earliest = max(earliest, begin + way + job.pickup.service_seconds + stay)
        elif job.delivery:
            earliest = max(earliest, release) if self.kind.vehicle.reloads else earliest + release
        else:
            earliest = max(earliest, release)
        tail = task.service_seconds + ground.visit[place[0]] + float(ground.last_seconds(place)[0])
        latest = self.span - tail
        if not self.clock:
            # The pickup's work is counted at the node itself, after it began.
            return _Span([(0.0, latest)] if latest >= 0 else [])
        windows = [(float(w.start - shift.start), float(w.end - shift.start)) for w in task.windows]
        spans = [(max(low, earliest), min(high, latest)) for low, high in windows or [(0.0, latest)]]
        return _Span([(low, high) for low, high in spans if low <= high])

    def _opens(self, windows: tuple[Window, ...]) -> float:
        return float(max(0, windows[0].start - self.kind.vehicle.shift.start)) if windows else 0.0

    def _opened(
        self, groups: list[list[Job]], spans: dict[str, _Span], fetched: list[int]
    ) -> NDArray[np.bool_]:
        opened = np.zeros((self.limit + 1, len(groups) + len(fetched)), dtype=bool)
        for node, jobs in enumerate(groups):
            for job in jobs:
                for low, high in spans[job.id].windows:
                    opened[int(low // self.unit) : int(high // self.unit) + 1, node] = True
        for number, place in enumerate(fetched):
            begins = [
                max(self._opens(job.pickup.windows), float(job.release - self.kind.vehicle.shift.start))
                for job in self.kind.jobs
                if job.pickup and self._source(job) == place
            ]
            begin = max(0.0, min(begins)) if self.clock else 0.0
            opened[min(self.limit, int(begin // self.unit)) :, len(groups) + number] = True
        return opened
