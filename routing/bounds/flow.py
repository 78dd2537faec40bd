"""A lower bound and a price per job from flows under cuts: for routes of many stops.

Per kind of vehicle: arcs between places (shortest ways), as many as its vehicles drive together, from a start
and to an end of their own; shares of jobs. What enters a place leaves it. Cuts are added where a solution breaks
them (found as least cuts):

- way: goods of a job get from the start to where they are fetched, and from there to where they go: into every
  set of places that has the one and not the other at least the share of the job
- load: into every set of places without sources, times the capacity, at least the goods that go there; and so for
  what is picked up for good, out of every set
- whole loads: into such a set all kinds together enter a whole number of times

Every row holds for every plan, so the program is a relaxation whenever it is stopped. Time is counted, not kept:
waiting and opening hours are left out.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..engine.glop import INFINITY, Growing
from ..matrix import location_index
from ..problem import Job, Problem
from .claims import Claim, claims_of
from .columns import Effort, Found
from .cuts import BROKEN, Broken, Finder, Layer
from .network import Ground, Kind, rounding, work

Floats = NDArray[np.float64]
MOST_ARCS = 30_000
MOST_CUTS = 80  # per round
GAINED = 2e-4  # share of the bound that some rounds together must bring
PATIENCE = 4


Part = dict[int, tuple[float, float]]  # a leaf of the search: limits by variable


class _Clock:
    """What is left of an effort."""

    def __init__(self, effort: Effort) -> None:
        self._end, self._effort = time.monotonic() + effort.seconds, effort
        self.rounds = 0

    def left(self) -> float:
        if self.rounds > self._effort.rounds or self._effort.called_off():
            return 0.0
        return self._end - time.monotonic()


class Flow:
    """The program of a problem with tables, and the search for cuts."""

    def __init__(self, problem: Problem, kinds: list[Kind]) -> None:
        self.problem, self.index = problem, location_index(problem)
        self.numbers = {job.id: number for number, job in enumerate(problem.jobs)}
        self.costs: list[float] = []
        self.highs: list[float] = []
        self.rows: list[tuple[float, float, list[int], list[float]]] = []
        self.layers = [self._layer(kind) for kind in kinds]
        reachable = {job for layer in self.layers for job in layer.shares}
        self.claims, self.unreached = claims_of(problem, reachable)
        self.carried = [self._claim(claim) for claim in self.claims]
        self.fleet = self._variable(0.0, float(sum(kind.count for kind in kinds)))
        used = [layer.used for layer in self.layers]
        total = (0.0, 0.0, [*used, self.fleet], [*(1.0 for _ in used), -1.0])
        self.rows.insert(0, total)
        must = {claim.jobs[0] for claim in self.claims if len(claim.jobs) == 1 and claim.tariff is None}
        self.finder = Finder(problem, self.layers, must)
        self.program = Growing(self.costs, self.highs)
        numbers = [self.program.row(*row) for row in self.rows]
        self.claim_rows = numbers[len(numbers) - len(self.claims) :]
        self.known: set[tuple[int, ...]] = set()
        self.prices: Floats = np.zeros(len(problem.jobs))
        self.whole: list[tuple[int, float, Mapping[int, int]]] = []  # row, times, goods by job

    # the program

    def _variable(self, cost: float, high: float) -> int:
        self.costs.append(cost)
        self.highs.append(high)
        return len(self.costs) - 1

    def _layer(self, kind: Kind) -> Layer:
        vehicle, ground = kind.vehicle, Ground(self.problem, kind.vehicle, shortest=True)
        spots = {
            ground.index[task.location] for job in kind.jobs for task in (job.pickup, job.delivery) if task
        }
        again = {ground.index[task.location] for task in vehicle.reloads}
        places = sorted(spots | again)
        node = {place: number for number, place in enumerate(places)}
        n = len(places)
        row = np.array(places, dtype=np.int64)
        inside = np.nonzero(~np.eye(n, dtype=bool))
        tails = np.concatenate((inside[0], np.full(n, n), np.arange(n)))
        heads = np.concatenate((inside[1], np.arange(n), np.full(n, n + 1)))
        stay = ground.visit[row]
        between, leave = np.ix_(row, row), ground.hour * stay
        cost = np.concatenate(
            (
                (ground.cost[between] + leave[:, None])[inside],
                ground.first(row)[0],
                ground.last(row)[0] + leave,
            )
        )
        seconds = np.concatenate(
            (
                (ground.measure[between] + ground.timed * stay[:, None])[inside],
                ground.first(row)[1],
                ground.last(row)[1] + ground.timed * stay,
            )
        )
        first = len(self.costs)
        self.costs += cost.tolist()
        self.highs += [INFINITY] * len(cost)
        used = self._variable(vehicle.fixed_price - rounding(vehicle), float(kind.count))
        shares = {self.numbers[job.id]: self._variable(ground.hour * work(job), 1.0) for job in kind.jobs}
        sources = again | {
            ground.index[job.pickup.location] for job in kind.jobs if job.pickup and job.delivery
        }
        layer = Layer(
            kind, places, node, tails, heads, first, shares, used, {node[place] for place in sources}
        )
        self._keep_flow(layer, seconds, ground)
        return layer

    def _keep_flow(self, layer: Layer, seconds: Floats, ground: Ground) -> None:
        n, arcs = len(layer.places), layer.first + np.arange(len(layer.tails))
        for spot in range(n):
            enter, leave = arcs[layer.heads == spot].tolist(), arcs[layer.tails == spot].tolist()
            self.rows.append((0.0, 0.0, enter + leave, [1.0] * len(enter) + [-1.0] * len(leave)))
        start = arcs[layer.tails == n].tolist()
        self.rows.append((0.0, 0.0, [*start, layer.used], [1.0] * len(start) + [-1.0]))
        for job in layer.kind.jobs:
            for task in (job.pickup, job.delivery):
                if task:
                    enter = arcs[layer.heads == layer.node[ground.index[task.location]]].tolist()
                    share = layer.shares[self.numbers[job.id]]
                    self.rows.append((0.0, INFINITY, [*enter, share], [1.0] * len(enter) + [-1.0]))
        if ground.span is not None:
            busy = [ground.timed * work(job) for job in layer.kind.jobs]
            variables = [*arcs.tolist(), *layer.shares.values(), layer.used]
            self.rows.append(
                (0.0, INFINITY, variables, [*(-seconds).tolist(), *(-b for b in busy), ground.span])
            )

    def _claim(self, claim: Claim) -> int | None:
        shares = [layer.shares[job] for job in claim.jobs for layer in self.layers if job in layer.shares]
        carried = None if claim.tariff is None else self._variable(float(claim.tariff), 1.0)
        variables = shares if carried is None else [*shares, carried]
        self.rows.append((1.0, INFINITY, variables, [1.0] * len(variables)))
        return carried

    # the search

    def run(self, effort: Effort) -> Found | None:
        """Cuts, then branches on the number of vehicles: of all leaves the least is the bound."""
        clock = _Clock(effort)
        root = self._descend(clock, -math.inf)
        if root is None or root == INFINITY:
            return None
        prices, value = self.prices, root
        whole = [layer.used for layer in self.layers] + [self.fleet]
        leaves = [(root, 0, {variable: (0.0, self.highs[variable]) for variable in whole})]
        for number in itertools.count(1):
            value = leaves[0][0]
            self._limit(leaves[0][2])
            if self._solved(clock) is None:
                break
            parts = _parts(leaves[0][2], self.program.values(), self.fleet)
            if not parts:
                return Found(value + self.unreached, prices, clock.rounds, rested=True)
            found = []
            for spot, part in enumerate(parts):
                self._limit(part)
                least = self._descend(clock, value)
                if least is None:
                    return Found(value + self.unreached, prices, clock.rounds, rested=False)
                found.append((max(least, value), 2 * number + spot, part))
            heapq.heappop(leaves)
            for leaf in found:
                heapq.heappush(leaves, leaf)
        return Found(value + self.unreached, prices, clock.rounds, rested=False)

    def _limit(self, part: Part) -> None:
        for variable, (low, high) in part.items():
            self.program.limit(variable, low, high)

    def _solved(self, clock: _Clock) -> float | None:
        left = clock.left()
        return self.program.solve(left) if left > 0 else None

    def _descend(self, clock: _Clock, value: float) -> float | None:
        """Rounds of cuts until little is gained: the least cost. None where the time is up before the first.

        INFINITY where nothing is possible.
        """
        best: float | None = None
        stalled = 0
        while clock.left() > 0:
            clock.rounds += 1
            found = self._solved(clock)
            if found is None:
                break
            best = found if best is None else max(best, found)
            if found == INFINITY:
                break
            self.prices = self._prices()
            stalled = stalled + 1 if found < value + GAINED * abs(value) else 0
            value = max(value, found)
            if stalled >= PATIENCE or not self._cut(clock):
                break
        return best

    def _prices(self) -> Floats:
        """The dual of each claim; what whole loads add is shared by the goods."""
        prices = np.zeros(len(self.problem.jobs))
        for claim, row in zip(self.claims, self.claim_rows, strict=True):
            for job in claim.jobs:
                prices[job] = max(0.0, self.program.dual(row))
        for row, times, goods in self.whole:
            worth = max(0.0, self.program.dual(row)) * times / sum(goods.values())
            for job, amount in goods.items():
                prices[job] += worth * amount
        return prices

    def _cut(self, clock: _Clock) -> int:
        """Add the rows that the solution breaks; how many there were."""
        values = np.array(self.program.values())
        found: list[Broken] = []
        sets: set[frozenset[int]] = {self.finder.reached}
        for layer in self.layers:
            if clock.left() <= 0:
                break
            found += self.finder.ways(layer, values)
            loads = self.finder.loads(layer, values)
            found += loads
            sets |= {frozenset(layer.places[node] for node in cut.inside) for cut in loads if not cut.out}
        found.sort(key=lambda cut: (-cut.by, cut.key))
        wholes = self.finder.whole_loads(self.layers, sets, values)
        added = 0
        for cut in (*wholes, *found):
            if cut.key not in self.known and added < MOST_CUTS:
                self.known.add(cut.key)
                row = self.program.row(cut.low, INFINITY, cut.variables, cut.factors)
                added += 1
                if cut.goods:
                    self.whole.append((row, cut.low, cut.goods))
        return added


def _parts(part: Part, values: Sequence[float], fleet: int) -> list[Part]:
    """A leaf as two, at the number of all vehicles or, where that is whole, of the kind least so; none where all are."""
    apart = {variable: abs(values[variable] - round(values[variable])) for variable in part}
    variable = fleet if apart[fleet] > BROKEN else max(sorted(apart), key=lambda name: apart[name])
    if apart[variable] <= BROKEN:
        return []
    (low, high), middle = part[variable], float(math.floor(values[variable]))
    return [{**part, variable: (low, middle)}, {**part, variable: (middle + 1, high)}]


def by_flow(problem: Problem, kinds: list[Kind], effort: Effort) -> Found | None:
    """The bound, its prices, and how the search went; None where there is nothing to do or too much."""
    kinds = [kind for kind in kinds if kind.jobs]
    index = location_index(problem)

    def count(jobs: tuple[Job, ...]) -> int:
        return len({index[task.location] for job in jobs for task in (job.pickup, job.delivery) if task})

    if not kinds or sum((count(kind.jobs) + 2) ** 2 for kind in kinds) > MOST_ARCS:
        return None
    return Flow(problem, kinds).run(effort)
