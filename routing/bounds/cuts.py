"""Rows that a solution of the flow program breaks, though every plan keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine.cuts import Cut
from ..matrix import location_index
from ..problem import Job, Problem
from .network import IntRow, Kind

Floats = NDArray[np.float64]
BROKEN = 0.02  # least violation that is worth a row
SHARE = 0.01  # least share of a job that is looked at
LITTLE = 1e-9
NO_LIMIT = 1e6


@dataclass(slots=True)
class Layer:
    """One kind of vehicle: nodes 0..n-1 are places, n the start, n + 1 the end; variables of arcs and shares."""

    kind: Kind
    places: list[int]
    node: dict[int, int]
    tails: IntRow
    heads: IntRow
    first: int  # the first variable of an arc
    shares: dict[int, int]  # job number: variable
    used: int
    sources: set[int]  # where goods come on board, or stay for good

    @property
    def start(self) -> int:
        return len(self.places)

    @property
    def arcs(self) -> slice:
        return slice(self.first, self.first + len(self.tails))


@dataclass(frozen=True, slots=True)
class Broken:
    """low <= sum of factor x variable, broken by so much; `goods` (by job) are what whole loads are about."""

    by: float
    key: tuple[int, ...]
    variables: list[int]
    factors: list[float]
    low: float = 0.0
    inside: frozenset[int] = frozenset()
    out: bool = False
    goods: Mapping[int, int] | None = None


class Finder:
    """Looks for broken rows."""

    def __init__(self, problem: Problem, layers: Sequence[Layer], must: set[int]) -> None:
        """`must`: the jobs that every plan in question does."""
        self.problem, self.index, self.must = problem, location_index(problem), must
        self.numbers = {job.id: number for number, job in enumerate(problem.jobs)}
        self.number_of = {id(layer): number for number, layer in enumerate(layers)}
        self.stores = {layer.places[node] for layer in layers for node in layer.sources}
        ends = {self.index[job.delivery.location] for job in problem.jobs if job.delivery}
        self.reached = frozenset(ends & {place for layer in layers for place in layer.places}) - self.stores

    def ways(self, layer: Layer, values: Floats) -> Iterator[Broken]:
        """From the start to where goods are fetched, and on to where they go, at least the share of a job."""
        flow = values[layer.arcs]
        some = flow > LITTLE
        if not some.any():
            return
        network = Cut(layer.start + 2, layer.tails[some], layer.heads[some], flow[some])
        for (here, there), share in self._asked(layer, values).items():
            cut = network.least(here, there)
            if cut is None or cut[0] > values[share] - BROKEN:
                continue
            arcs = enters(layer, cut[1])
            yield Broken(
                values[share] - cut[0],
                (0, self.number_of[id(layer)], share, *sorted(cut[1])),
                [*arcs.tolist(), share],
                [1.0] * len(arcs) + [-1.0],
            )

    def _asked(self, layer: Layer, values: Floats) -> dict[tuple[int, int], int]:
        """(from, to): the variable of the largest share that goes there."""
        asked: dict[tuple[int, int], int] = {}
        for job in layer.kind.jobs:
            share = layer.shares[self.numbers[job.id]]
            ends = [layer.node[self.index[task.location]] for task in (job.pickup, job.delivery) if task]
            for way in zip([layer.start, *ends], ends, strict=False):
                if values[share] >= SHARE and way[0] != way[1]:
                    asked[way] = max(asked.get(way, share), share, key=lambda one: (values[one], -one))
        return asked

    def loads(self, layer: Layer, values: Floats) -> list[Broken]:
        """Into places without sources, times the capacity, at least the goods that go there; and so out of them."""
        sides = ((what, out) for what in range(len(self.problem.dimensions)) for out in (False, True))
        found = (self._load(layer, values, what, out=out) for what, out in sides)
        return [cut for cut in found if cut is not None]

    def _load(self, layer: Layer, values: Floats, what: int, *, out: bool) -> Broken | None:
        room, goods = layer.kind.vehicle.capacity[what], self._goods(layer, what, out=out)
        held = {
            node: sum(amount * values[layer.shares[job]] for job, amount in jobs.items()) / max(room, 1)
            for node, jobs in goods.items()
        }
        total, flow = sum(held.values()), values[layer.arcs]
        some = flow > LITTLE
        if not room or total <= LITTLE or not some.any():
            return None
        mouth, sink = layer.start + out, layer.start + 2
        fixed, wanted = sorted(layer.sources), sorted(held)
        here, there = layer.tails[some], layer.heads[some]
        network = Cut(
            layer.start + 3,
            np.concatenate((there if out else here, np.full(len(fixed), mouth), wanted)).astype(np.int64),
            np.concatenate((here if out else there, fixed, np.full(len(wanted), sink))).astype(np.int64),
            np.concatenate((flow[some], np.full(len(fixed), NO_LIMIT), [held[node] for node in wanted])),
        )
        cut = network.least(mouth, sink)
        if cut is None or cut[0] > total - BROKEN:
            return None
        inside = frozenset(node for node in cut[1] if node < layer.start)
        arcs = enters(layer, inside, out=out)
        taken = {job: amount for node in inside for job, amount in goods.get(node, {}).items()}
        return Broken(
            total - cut[0],
            (1, self.number_of[id(layer)], what, out, *sorted(inside)),
            [*arcs.tolist(), *(layer.shares[job] for job in taken)],
            [1.0] * len(arcs) + [-amount / room for amount in taken.values()],
            inside=inside,
            out=out,
        )

    def _goods(self, layer: Layer, what: int, *, out: bool) -> dict[int, dict[int, int]]:
        """By node that is no source, the amounts of the jobs whose goods go there (or, `out`, stay on board)."""
        goods: dict[int, dict[int, int]] = defaultdict(dict)
        for job in layer.kind.jobs:
            task = job.delivery if not out else (None if job.delivery else job.pickup)
            if task and job.amount[what]:
                node = layer.node[self.index[task.location]]
                if node not in layer.sources:
                    goods[node][self.numbers[job.id]] = job.amount[what]
        return goods

    def whole_loads(
        self, layers: Sequence[Layer], sets: Iterable[frozenset[int]], values: Floats
    ) -> Iterator[Broken]:
        """All kinds together enter a set of places (by location) a whole number of times, whatever goes there.

        With loads counted in units of one kind's capacity, a larger vehicle brings several, rounded up.
        """
        for places in sorted(sets, key=sorted):
            if not places or places & self.stores:
                continue
            arcs = [
                enters(layer, [layer.node[place] for place in places if place in layer.node]).tolist()
                for layer in layers
            ]
            variables = [arc for some in arcs for arc in some]
            for what in range(len(self.problem.dimensions)):
                goods = self._must_go(places, what)
                rooms = [layer.kind.vehicle.capacity[what] for layer in layers]
                for unit in sorted(set(rooms) - {0}):
                    least = -(-sum(goods.values()) // unit)
                    times = [float(-(-room // unit)) for room in rooms]
                    factors = [time for time, some in zip(times, arcs, strict=True) for _ in some]
                    by = least - float(np.dot(values[variables], factors)) if variables else 0.0
                    if by > BROKEN:
                        key = (2, what, unit, *sorted(places))
                        yield Broken(by, key, variables, factors, float(least), goods=goods)

    def _must_go(self, places: frozenset[int], what: int) -> dict[int, int]:
        return {
            number: job.amount[what]
            for number in sorted(self.must)
            if (job := self._job(number)).delivery
            and self.index[job.delivery.location] in places
            and job.amount[what]
        }

    def _job(self, number: int) -> Job:
        return self.problem.jobs[number]


def enters(layer: Layer, inside: Iterable[int], *, out: bool = False) -> IntRow:
    """The variables of the arcs into some nodes, or out of them."""
    member = np.zeros(layer.start + 3, dtype=bool)
    member[list(inside)] = True
    here, there = member[layer.tails], member[layer.heads]
    chosen: IntRow = layer.first + np.flatnonzero(here & ~there if out else there & ~here)
    return chosen
