"""Where in a route a job could go: every place looked at together, the few that count appraised one by one.

Earliest beginnings from the front and latest from the back tell for each place whether load, distance, shift
and windows allow it; a place costs at least its way and its work. So places are appraised in order of that
cost, and those that cannot be are not appraised at all. Routes with reloads are tried place by place.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..problem import Act, Job, Task, Vehicle, acts_of, task_of
from .appraise import HUGE, NOTHING, Appraiser, Broken, Facts
from .model import Code

Row = NDArray[np.int64]
Mask = NDArray[np.bool_]
NOWHERE = -1
FAR = 2**40  # after all time
WAIVABLE: tuple[Code, ...] = ("window", "shift", "distance", "duration", "class", "vehicle", "break")
TIMED: frozenset[Code] = frozenset({"window", "shift", "break", "duration"})
MOST_BARRED = 50  # places appraised in vain before a vehicle is given up


@dataclass(frozen=True, slots=True)
class Insertion:
    """A job put into a route: the route then, and the fen it adds."""

    facts: Facts
    added: int


@dataclass(frozen=True, slots=True)
class _Options:
    """Per place (gap of the first end, gap of the second): least fen added, and which rules would let it in."""

    first: Row
    second: Row
    least: NDArray[np.float64]
    loaded: Mask
    near: Mask
    timely: Mask
    unhurried: Mask  # timely if the shift had no end
    open: Mask  # timely if no window closed, or not far from it

    def order(self, chosen: Mask) -> Iterator[tuple[int, int, float]]:
        """The chosen places, least cost first."""
        spots = np.flatnonzero(chosen)
        for spot in spots[np.argsort(self.least[spots], kind="stable")]:
            yield int(self.first[spot]), int(self.second[spot]), float(self.least[spot])


class Places:
    """One route, ready to be asked about many jobs."""

    def __init__(self, appraiser: Appraiser, vehicle: Vehicle, acts: Many[Act]) -> None:
        self.appraiser, self._vehicle, self.acts = appraiser, vehicle, tuple(acts)
        self._begun = len(appraiser.prefix(vehicle.id))
        self.tables = appraiser.tables(vehicle.profile)
        self._ready = max(
            (appraiser.jobs[act.job].release for act in acts if appraiser.alone(act)), default=0
        )
        now = appraiser.appraise(vehicle.id, self.acts) if self.acts else None
        self.broken = isinstance(now, Broken)
        self.cost = now.cost if isinstance(now, Facts) else 0
        self._seconds = now.times.end - now.times.start if isinstance(now, Facts) else 0
        self._plain = not vehicle.reloads
        if self._plain:
            self._prepare()

    def _prepare(self) -> None:
        appraiser, vehicle = self.appraiser, self._vehicle
        tasks = [appraiser.task(vehicle.id, act) for act in self.acts]
        ends = [NOWHERE if end is None else appraiser.index[end] for end in (vehicle.start, vehicle.end)]
        self.spots = np.array([ends[0], *(appraiser.index[task.location] for task in tasks), ends[1]])
        stays = [0, *(appraiser.visit_seconds[task.location] for task in tasks)]
        self.stay = np.array(stays, dtype=np.int64)
        self.service = [0, *(task.service_seconds for task in tasks)]
        self.spans = [appraiser.spans(act) for act in self.acts]
        away = self.spots[:-1] != self.spots[1:]
        metres, seconds = (self._along(table) * away for table in self.tables)
        self.metres = metres
        self.legs = seconds + np.where(away, self.stay, 0)  # with the stay before leaving
        self._loads = np.array(appraiser.loads(self.acts), dtype=np.int64).reshape(len(self.acts) + 1, -1)
        self._room = np.array(vehicle.capacity, dtype=np.int64)
        self._latest = self._backward(vehicle.shift.end)
        self._endless = self._backward(HUGE)

    def _along(self, table: NDArray[np.int32]) -> Row:
        here, there = self.spots[:-1], self.spots[1:]
        known = (here != NOWHERE) & (there != NOWHERE)
        return np.where(known, table[here, there], 0).astype(np.int64)

    def _backward(self, end: int) -> Row:
        """The latest beginning of every act, then the latest end; -1 where none is in time."""
        latest = np.empty(len(self.acts) + 2, dtype=np.int64)
        latest[-1] = now = end
        for spot in range(len(self.acts), 0, -1):
            now = now - int(self.legs[spot]) - self.service[spot]
            spans = self.spans[spot - 1]
            if spans:
                now = max((min(now, high) for low, high in spans if low <= now), default=-1)
            latest[spot] = now
        return latest

    def _forward(self, start: int) -> Row:
        """Earliest end of the work at the start and every act; far beyond all time after a closed window."""
        done = np.empty(len(self.acts) + 1, dtype=np.int64)
        done[0] = now = start
        for spot, spans in enumerate(self.spans, 1):
            now = _open(spans, now + int(self.legs[spot - 1])) + self.service[spot]
            done[spot] = now
        return done

    def cheapest(self, job: Job, waived: frozenset[Code] = NOTHING) -> Insertion | None:
        """The cheapest place for the job, with some rules waived."""
        if self.broken or self.appraiser.admits(self._vehicle, job, waived):
            return None
        best: Insertion | None = None
        for first, second, least in self._feasible(job, waived):
            if best is not None and least >= best.added:
                break
            found = self._put(job, first, second, waived)
            if isinstance(found, Insertion) and (best is None or found.added < best.added):
                best = found
        return best

    def ways_in(self, job: Job) -> tuple[list[tuple[Code, Insertion]], list[Broken]]:
        """Rules that, waived alone, let the job in, cheapest first; and what was broken where none does."""
        ways: list[tuple[Code, Insertion]] = []
        faults: list[Broken] = []
        best = float("inf")
        for first, second, least in self._nearly(job):
            if least >= best or (not ways and len(faults) >= MOST_BARRED):
                break
            fault = self._put(job, first, second, NOTHING)
            if not isinstance(fault, Broken):
                continue
            faults.append(fault)
            waived = waiver(fault.code)
            found = fault if waived is None else self._put(job, first, second, waived)
            if isinstance(found, Insertion):
                ways.append((fault.code, found))
                best = min(best, found.added)
        return ways, faults

    def _put(self, job: Job, first: int, second: int, waived: frozenset[Code]) -> Insertion | Broken:
        ends = acts_of(job)
        acts = (*self.acts[:first], ends[0], *self.acts[first:second], *ends[1:], *self.acts[second:])
        return self._insertion(acts, waived)

    def _insertion(self, acts: tuple[Act, ...], waived: frozenset[Code]) -> Insertion | Broken:
        facts = self.appraiser.appraise(self._vehicle.id, acts, waived)
        return facts if isinstance(facts, Broken) else Insertion(facts, facts.cost - self.cost)

    def _feasible(self, job: Job, waived: frozenset[Code]) -> Iterator[tuple[int, int, float]]:
        if not self._plain:
            yield from self._everywhere(job)
            return
        options = self._options(job, waiving=bool(waived & TIMED))
        allowed = np.ones(len(options.first), dtype=bool)
        if "full" not in waived:
            allowed &= options.loaded
        if "distance" not in waived:
            allowed &= options.near
        if "window" in waived:
            allowed &= options.open
        elif "shift" in waived:
            allowed &= options.unhurried
        else:
            allowed &= options.timely
        yield from options.order(allowed)

    def _nearly(self, job: Job) -> Iterator[tuple[int, int, float]]:
        """Places that lack one thing at most; where there are none, the cheapest few to see what is broken."""
        if not self._plain:
            yield from self._everywhere(job)
            return
        options = self._options(job, waiving=True)
        soon = options.timely | options.unhurried | options.open
        one = (options.loaded & options.near & soon) | (options.timely & (options.loaded ^ options.near))
        yield from options.order(one if one.any() else options.least <= np.partition(options.least, 0)[:1])

    def _everywhere(self, job: Job) -> Iterator[tuple[int, int, float]]:
        two = len(acts_of(job)) == 2
        for first in range(self._begun, len(self.acts) + 1):
            for second in range(first, len(self.acts) + 1 if two else first + 1):
                yield first, second, float("-inf")

    def _options(self, job: Job, *, waiving: bool) -> _Options:
        """All places; `waiving` where a rule of time is waived, so that the route may become shorter."""
        tasks = [task_of(job, act.kind) for act in acts_of(job)]
        ready = max([self._ready, 0 if job.pickup else job.release])
        early = self._forward(max(self._vehicle.shift.start, ready))
        spans = [self.appraiser.spans(act) for act in acts_of(job)]
        ends = [_End(self, task, span) for task, span in zip(tasks, spans, strict=True)]
        if len(ends) == 1:
            gaps = np.arange(self._begun, len(self.acts) + 1)
            leave = ends[0].pass_by(early)[gaps]
            more = ends[0].seconds[gaps], ends[0].metres[gaps]
            return self._weighed(job, gaps, gaps, leave, more, early, waiving)
        first, second = np.triu_indices(len(self.acts) + 1)
        kept = first >= self._begun
        first, second = first[kept], second[kept]
        together = _Pair(self, *ends)
        same = first == second
        leave = together.leave(early)[first, second]
        seconds = np.where(same, together.seconds[first], ends[0].seconds[first] + ends[1].seconds[second])
        metres = np.where(same, together.metres[first], ends[0].metres[first] + ends[1].metres[second])
        return self._weighed(job, first, second, leave, (seconds, metres), early, waiving)

    def _weighed(
        self,
        job: Job,
        first: Row,
        second: Row,
        leave: Row,
        more: tuple[Row, Row],
        early: Row,
        waiving: bool,
    ) -> _Options:
        seconds, metres = more
        vehicle = self._vehicle
        work = int(self.legs.sum()) + sum(self.service) + seconds
        longer = work - self._seconds
        if not waiving:
            # Whoever drives a detour can leave it out and keep the clock: the old route was no longer.
            longer = np.where(seconds >= 0, np.maximum(longer, 0), longer)
        least = metres * (vehicle.km_price / 1000) + longer * (vehicle.hour_price / 3600) - 2.0
        if not self.acts:
            least = least + vehicle.fixed_price
        far = HUGE if vehicle.max_metres is None else vehicle.max_metres
        return _Options(
            first,
            second,
            least,
            self._carries(job, first, second),
            int(self.metres.sum()) + metres <= far,
            leave <= self._latest[second + 1],
            leave <= self._endless[second + 1],
            early[0] + work <= vehicle.shift.end,
        )

    def _carries(self, job: Job, first: Row, second: Row) -> Mask:
        """Where the goods fit beside what is on board between the places."""
        fits = np.ones(len(first), dtype=bool)
        for number in range(len(self._room)):
            loads, free = self._loads[:, number], int(self._room[number]) - job.amount[number]
            before, after = np.maximum.accumulate(loads), np.maximum.accumulate(loads[::-1])[::-1]
            if job.pickup is None:
                fits &= before[second] <= free
                if job.returns:
                    fits &= after[second] <= int(self._room[number]) - job.returns[number]
            elif job.delivery is None:
                fits &= after[first] <= free
            else:
                over = np.where(loads > free, np.arange(len(loads)), len(loads))
                fits &= np.minimum.accumulate(over[::-1])[::-1][first] > second
        return fits


class _End:
    """One end of a job, put into every gap of a route."""

    def __init__(self, route: Places, task: Task, spans: Many[tuple[int, int]]) -> None:
        self._route, self.spans = route, spans
        self.place = route.appraiser.index[task.location]
        self.service = task.service_seconds
        self.stay = route.appraiser.visit_seconds[task.location]
        here, there = route.spots[:-1], route.spots[1:]
        metres, seconds = route.tables
        self.into = self._way(seconds[:, self.place], here) + np.where(here == self.place, 0, route.stay)
        self.out = self._way(seconds[self.place], there) + np.where(there == self.place, 0, self.stay)
        self.metres_in, self.metres_out = (
            self._way(metres[:, self.place], here),
            self._way(metres[self.place], there),
        )
        self.metres = self.metres_in + self.metres_out - route.metres
        self.seconds = self.into + self.service + self.out - route.legs

    def _way(self, row: NDArray[np.int32], spots: Row) -> Row:
        """Along the table between here and the spots; nothing to stay or to an open end."""
        return np.where((spots == NOWHERE) | (spots == self.place), 0, row[spots]).astype(np.int64)

    def pass_by(self, done: Row) -> Row:
        """When the next act is reached from work done before every gap."""
        return _opening(self.spans, done + self.into) + self.service + self.out

    def to(self, other: _End) -> tuple[int, int]:
        """Metres and seconds, the stay included, from this end to the other."""
        if self.place == other.place:
            return 0, 0
        metres, seconds = self._route.tables
        return int(metres[self.place, other.place]), int(seconds[self.place, other.place]) + self.stay


class _Pair:
    """Both ends of a job in every two gaps."""

    def __init__(self, route: Places, pickup: _End, delivery: _End) -> None:
        self._route, self._pickup, self._delivery = route, pickup, delivery
        metres, self._between = pickup.to(delivery)
        work = pickup.service + delivery.service
        self.metres: Row = pickup.metres_in + metres + delivery.metres_out - route.metres
        self.seconds: Row = pickup.into + self._between + work + delivery.out - route.legs

    def leave(self, early: Row) -> NDArray[np.int64]:
        """When the act after the second gap is reached, by first and second gap."""
        route, pickup, delivery = self._route, self._pickup, self._delivery
        count = len(early)
        reached = np.full((count, count), FAR, dtype=np.int64)
        loaded = _opening(pickup.spans, early + pickup.into) + pickup.service
        begin = _opening(delivery.spans, loaded + self._between)
        reached[np.arange(count), np.arange(count)] = begin + delivery.service + delivery.out
        arrival = loaded + pickup.out  # at the act behind the first gap
        for second in range(1, count):
            now = arrival[:second]
            done = _opening(route.spans[second - 1], now) + route.service[second]
            begin = _opening(delivery.spans, done + delivery.into[second])
            reached[:second, second] = begin + delivery.service + delivery.out[second]
            arrival[:second] = done + route.legs[second]
        return reached


def _open(spans: Many[tuple[int, int]], now: int) -> int:
    """The first moment from `now` on within the spans; without spans any; FAR after the last."""
    if not spans:
        return now
    return next((max(now, low) for low, high in spans if now <= high), FAR)


def _opening(spans: Many[tuple[int, int]], now: Row) -> Row:
    """`_open` for many moments."""
    if not spans:
        return now
    found = np.full(len(now), FAR, dtype=np.int64)
    for low, high in reversed(spans):
        found = np.where(now <= high, np.maximum(now, low), found)
    return found


def waiver(code: Code) -> frozenset[Code] | None:
    """The rules to waive for one that a planner could waive."""
    if code in ("full", "capacity"):
        return frozenset({"full", "capacity"})
    return frozenset({code}) if code in WAIVABLE else None
