"""One route of the ruin-and-recreate search, with what is needed to try an insertion in a few steps.

`ready` is the earliest begin at every stop, `late` the latest that keeps the rest in time; so an act fits
between two stops if it can begin after the first and the second is reached before it is too late
(Savelsbergh 1992).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from .ruin_data import FOREVER, Fleet, Numbers, Spans, Work

INFINITY = float("inf")
MOST_LEAPS = 8  # later days that are looked at where windows make the earliest a long one


@dataclass(frozen=True, slots=True)
class Place:
    """Where to put a job: after stop `first` the pickup, after stop `second` the delivery; the fen it adds."""

    added: float
    first: int
    second: int


NO_PLACE = Place(INFINITY, 0, 0)


def opening(spans: Spans, now: int) -> int:
    """First moment from `now` on that is open, or -1."""
    if not spans:
        return now
    for low, high in spans:
        if now <= high:
            return now if now > low else low
    return -1


def closing(spans: Spans, now: int) -> int:
    """Last moment up to `now` that is open, or -1."""
    if not spans:
        return now
    for low, high in reversed(spans):
        if now >= low:
            return now if now < high else high
    return -1


class Trip:
    """Nodes between the ends of one vehicle. Never changed: `with_job` and `without` give new trips."""

    __slots__ = (
        "cost", "fleet", "late", "loads", "nodes", "numbers", "ready", "reloaded", "reloads", "spans", "vehicle"
    )  # fmt: skip

    def __init__(self, numbers: Numbers, vehicle: int, inner: list[int]) -> None:
        self.numbers, self.vehicle = numbers, vehicle
        self.fleet: Fleet = numbers.fleet[vehicle]
        self.nodes = [self.fleet.start, *inner, self.fleet.end]
        self.ready: list[int] = []
        self.late: list[int] = []
        self.reloads = self._stops_to_reload() if self.fleet.again else []
        self.reloaded: dict[tuple[int, int], Trip] = {}
        self.spans: list[Spans] = [(), *(numbers.windows[node] for node in inner), ()]
        self.loads = self._loads()
        self.cost = self._schedule()

    @property
    def inner(self) -> list[int]:
        return self.nodes[1:-1]

    def _stops_to_reload(self) -> list[int]:
        work_of = self.numbers.work_of
        return [stop for stop, node in enumerate(self.inner, 1) if work_of[node] < 0]

    def between(self, stop: int) -> tuple[int, int]:
        """The reloads, or ends of the route, between which the gap behind a stop lies."""
        last = len(self.nodes) - 1
        if not self.reloads:
            return 0, last
        later = bisect_right(self.reloads, stop)
        begun = self.reloads[later - 1] if later else 0
        return begun, self.reloads[later] if later < len(self.reloads) else last

    def _loads(self) -> list[list[int]]:
        """Per dimension the load after every stop."""
        work_of, works, last = self.numbers.work_of, self.numbers.works, len(self.nodes) - 1
        steps = [works[work_of[node]] if work_of[node] >= 0 else None for node in self.nodes[1:-1]]
        edges = [0, *self.reloads, last]
        brought = [
            [work for work in steps[low : high - 1] if work and work.pickup is None]
            for low, high in itertools.pairwise(edges)
        ]
        loads = []
        for dimension in range(len(self.fleet.capacity)):
            trips = (sum(work.amount[dimension] for work in trip) for trip in brought)
            load, kept = next(trips), 0  # kept: picked up for good, gone at the next reload
            after = [load]
            for node, work in zip(self.nodes[1:-1], steps, strict=True):
                if work is None:
                    load, kept = load - kept + next(trips), 0
                elif node == work.pickup:
                    load += work.amount[dimension]
                    kept += work.amount[dimension] if work.delivery is None else 0
                else:
                    load -= work.amount[dimension]
                    if work.returns:
                        load += work.returns[dimension]
                        kept += work.returns[dimension]
                after.append(load)
            after.append(load)
            loads.append(after)
        return loads

    def fits(self) -> bool:
        """Whether nothing is ever overloaded."""
        return all(max(load) <= room for load, room in zip(self.loads, self.fleet.capacity, strict=True))

    def _released(self, first: int, last: int) -> int:
        """When the goods are ready that are delivered from one stop to before another."""
        works, work_of = self.numbers.works, self.numbers.work_of
        return max([works[work_of[node]].release for node in self.nodes[first:last]], default=0)

    def _schedule(self) -> float:
        """Fills ready and late; returns the cost in fen, infinite where it cannot be driven in time."""
        nodes, last = self.nodes, len(self.nodes) - 1
        if last == 1:
            self.ready, self.late = [self.fleet.shift[0]] * 2, [self.fleet.shift[1]] * 2
            return 0.0
        edges = [*self.reloads, last]
        for stop, ended in itertools.pairwise(edges):
            self.spans[stop] = _from(self.spans[stop], self._released(stop + 1, ended))
        ready = self._earliest(max(self.fleet.shift[0], self._released(1, edges[0])))
        if not ready:
            return INFINITY
        self.ready = ready
        self.late = self._latest(self.fleet.shift[1])
        row = self.fleet.metres
        metres = sum(row[nodes[stop]][nodes[stop + 1]] for stop in range(last))
        cost = self.fleet.fixed + metres * self.fleet.km
        if self.fleet.hour:
            cost += self._shortest(ready[-1]) * self.fleet.hour
        return cost

    def _earliest(self, start: int) -> list[int]:
        """The earliest begin at every stop, the end last; empty where it is too late."""
        nodes, time, spans, last = self.nodes, self.fleet.time, self.spans, len(self.nodes) - 1
        now, ready = start, [start]
        for stop in range(1, last):
            now = opening(spans[stop], now + time[nodes[stop - 1]][nodes[stop]])
            if now < 0:
                return []
            ready.append(now)
        now += time[nodes[last - 1]][nodes[last]]
        return [] if now > self.fleet.shift[1] else [*ready, now]

    def _shortest(self, end: int) -> int:
        """The shortest time from start to end: that of the earliest end, or of a later one after a window."""
        start = self._latest(end)[0]
        best = end - start
        if not any(len(spans) > 1 for spans in self.spans):
            return best
        for _ in range(MOST_LEAPS):
            ready = self._earliest(start + 1)
            if not ready:
                break
            start = self._latest(ready[-1])[0]
            best = min(best, ready[-1] - start)
        return best

    def _latest(self, end: int) -> list[int]:
        nodes, time, spans = self.nodes, self.fleet.time, self.spans
        late = [end] * len(nodes)
        now = end
        for stop in range(len(nodes) - 2, -1, -1):
            now -= time[nodes[stop]][nodes[stop + 1]]
            if stop:
                now = closing(spans[stop], now)
            late[stop] = now
        return late

    def best_place(self, work: Work, limit: float) -> Place:
        """The cheapest place below `limit` fen, by way and work time; waiting is not priced here."""
        if self.cost == INFINITY:
            return NO_PLACE
        if work.pickup in self.fleet.prefix and work.delivery is not None:
            return self._best_rest(work.delivery, limit)
        if work.pickup is not None and work.delivery is not None:
            return self._best_pair(work, work.pickup, work.delivery, limit)
        node = work.pickup if work.pickup is not None else work.delivery
        return NO_PLACE if node is None else self._best_single(work, node, limit)

    def exact_place(self, work: Work, limit: float, passes: Callable[[Trip], bool]) -> Place:
        """The cheapest place below `limit` fen that passes, each driven through: waiting has its price."""
        best, place, last = limit, NO_PLACE, len(self.nodes) - 1
        two = work.pickup is not None and work.delivery is not None
        for first in range(len(self.fleet.prefix), last):
            for second in range(first, last if two else first + 1):
                trip = self.with_job(work, Place(0.0, first, second))
                if trip.cost - self.cost < best and trip.fits() and passes(trip):
                    best = trip.cost - self.cost
                    place = Place(best, first, second)
        return place

    def _room(self, work: Work, first: int, last: int) -> bool:
        """Whether the load fits after every stop from first to last."""
        for load, amount, room in zip(self.loads, work.amount, self.fleet.capacity, strict=True):
            if max(load[first : last + 1]) + amount > room:
                return False
        return True

    def _best_single(self, work: Work, node: int, limit: float) -> Place:
        nodes, time, cost = self.nodes, self.fleet.time, self.fleet.cost
        spans, idle = self.numbers.windows[node], len(nodes) == 2
        best = Place(limit, 0, 0)
        for stop in range(len(self.fleet.prefix), len(nodes) - 1):
            before, after = nodes[stop], nodes[stop + 1]
            added = cost[before][node] + cost[node][after]
            added += self.fleet.fixed if idle else -cost[before][after]
            if added >= best.added:
                continue
            begun, ended = self.between(stop)
            now = self._delayed(begun, stop, work.release)
            begin = opening(spans, now + time[before][node]) if now >= 0 else -1
            if begin < 0 or begin + time[node][after] > self.late[stop + 1]:
                continue
            whole = (begun, stop) if node == work.delivery else (stop, ended - 1)
            if self._room(work, *whole) and (not work.returns or self._room_back(work, stop, ended)):
                best = Place(added, stop, stop)
        return best if best.added < limit else NO_PLACE

    def _delayed(self, begun: int, stop: int, release: int) -> int:
        """The earliest begin at a stop of a trip that is not loaded before `release`; -1 where that is too late."""
        now = self.ready[begun]
        if release <= now:
            return self.ready[stop]
        nodes, time, spans, late = self.nodes, self.fleet.time, self.spans, self.late
        now = opening(spans[begun], release)
        for here in range(begun, stop):
            if now < 0 or now > late[here]:
                return -1
            now = opening(spans[here + 1], now + time[nodes[here]][nodes[here + 1]])
        return now if now <= late[stop] else -1

    def _room_back(self, work: Work, stop: int, ended: int) -> bool:
        """Whether what is taken back at a delivery behind a stop fits to the end of the trip."""
        return all(
            max(load[stop:ended]) + back <= room
            for load, back, room in zip(self.loads, work.returns, self.fleet.capacity, strict=True)
        )

    def _best_rest(self, node: int, limit: float) -> Place:
        """The delivery of goods that the frozen prefix took on board: no load grows by it."""
        nodes, time, cost = self.nodes, self.fleet.time, self.fleet.cost
        best, place = limit, NO_PLACE
        for stop in range(len(self.fleet.prefix), len(nodes) - 1):
            before, after = nodes[stop], nodes[stop + 1]
            added = cost[before][node] + cost[node][after] - cost[before][after]
            begin = opening(self.numbers.windows[node], self.ready[stop] + time[before][node])
            if added < best and begin >= 0 and begin + time[node][after] <= self.late[stop + 1]:
                best, place = added, Place(added, stop, stop)
        return place

    def _best_pair(self, work: Work, pickup: int, delivery: int, limit: float) -> Place:
        """Pickup places in order of cost; for each the delivery right behind it or some stops later."""
        nodes, time, cost, late, ready = self.nodes, self.fleet.time, self.fleet.cost, self.late, self.ready
        fixed = self.fleet.fixed if len(nodes) == 2 else None
        best, place = limit, NO_PLACE
        into, out = cost[pickup], cost[delivery]
        adds, least = self._delivery_adds(delivery, fixed)
        firsts = []
        for first in range(len(self.fleet.prefix), len(nodes) - 1):
            before, after = nodes[first], nodes[first + 1]
            firsts.append((cost[before][pickup] + (-cost[before][after] if fixed is None else fixed), first))
        for base, first in sorted(firsts):
            before, after = nodes[first], nodes[first + 1]
            apart = base + into[after] + least[first + 1]
            added = base + into[delivery] + out[after]
            if added >= best and apart >= best:
                continue
            begin = opening(self.numbers.windows[pickup], ready[first] + time[before][pickup])
            if begin < 0 or not self._room(work, first, first):
                continue
            if added < best:
                then = opening(self.numbers.windows[delivery], begin + time[pickup][delivery])
                if then >= 0 and then + time[delivery][after] <= late[first + 1]:
                    best, place = added, Place(added, first, first)
            if apart < best:
                now = begin + time[pickup][after]
                second, added = self._later(
                    work, delivery, first, best - base - into[after], now, adds, least
                )
                if second:
                    best = base + into[after] + added
                    place = Place(best, first, second)
        return place

    def _delivery_adds(self, node: int, fixed: int | None) -> tuple[list[float], list[float]]:
        """What the node adds after every stop, and the least of that from each stop on."""
        nodes, cost = self.nodes, self.fleet.cost
        out = cost[node]
        last = len(nodes) - 1
        if fixed is not None:
            return [INFINITY] * last, [INFINITY] * (last + 1)
        adds = [
            cost[nodes[stop]][node] + out[nodes[stop + 1]] - cost[nodes[stop]][nodes[stop + 1]]
            for stop in range(last)
        ]
        least = [INFINITY] * (last + 1)
        for stop in range(last - 1, -1, -1):
            least[stop] = min(adds[stop], least[stop + 1])
        return adds, least

    def _later(
        self,
        work: Work,
        delivery: int,
        first: int,
        limit: float,
        now: int,
        adds: list[float],
        least: list[float],
    ) -> tuple[int, float]:
        """The delivery some stops after the pickup: walk on with the goods on board. Stop 0: nowhere."""
        nodes, time, late, windows = self.nodes, self.fleet.time, self.late, self.spans
        spans = self.numbers.windows[delivery]
        found, best = 0, limit
        room = [
            (load, capacity - amount)
            for load, amount, capacity in zip(self.loads, work.amount, self.fleet.capacity, strict=True)
        ]
        for second in range(first + 1, len(nodes) - 1):
            if least[second] >= best or now > late[second]:
                break
            if any(load[second] > free for load, free in room):
                break
            here, after = nodes[second], nodes[second + 1]
            if windows[second]:
                now = opening(windows[second], now)
            if adds[second] < best:
                then = opening(spans, now + time[here][delivery])
                if then >= 0 and then + time[delivery][after] <= late[second + 1]:
                    best, found = adds[second], second
            now += time[here][after]
        return found, best

    def with_job(self, work: Work, place: Place) -> Trip:
        """The trip with the job put in."""
        inner = self.inner
        first = [work.pickup] if work.pickup is not None else []
        if work.pickup in self.fleet.prefix:
            first = []
        second = [work.delivery] if work.delivery is not None else []
        return Trip(
            self.numbers,
            self.vehicle,
            [
                *inner[: place.first],
                *first,
                *inner[place.first : place.second],
                *second,
                *inner[place.second :],
            ],
        )

    def without(self, jobs: set[int]) -> Trip:
        """The trip without what it does for some jobs behind its frozen prefix, and without reloads for none."""
        work_of, begun = self.numbers.work_of, len(self.fleet.prefix)
        kept = [node for node in self.inner[begun:] if work_of[node] not in jobs]
        if self.reloads:
            kept = [
                node for node, after in zip(kept, [*kept[1:], -1], strict=True)
                if work_of[node] >= 0 or (after >= 0 and work_of[after] >= 0)
            ]  # fmt: skip
        return Trip(self.numbers, self.vehicle, [*self.inner[:begun], *kept])

    def with_reload(self, stop: int, node: int) -> Trip:
        """The trip with a reload behind a stop."""
        if (stop, node) not in self.reloaded:
            inner = [*self.inner[:stop], node, *self.inner[stop:]]
            self.reloaded[stop, node] = Trip(self.numbers, self.vehicle, inner)
        return self.reloaded[stop, node]

    def without_reload(self, stop: int) -> Trip:
        """The trip without the reload at a stop."""
        return Trip(self.numbers, self.vehicle, [*self.nodes[1:stop], *self.nodes[stop + 1 : -1]])


def _from(spans: Spans, ready: int) -> Spans:
    """The spans from a moment on."""
    if not ready:
        return spans
    late = ((max(low, ready), high) for low, high in spans or ((0, FOREVER),) if high >= ready)
    return tuple(late) or ((-1, -1),)
