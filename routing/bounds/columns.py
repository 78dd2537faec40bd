"""A lower bound and a price per job by column generation over relaxed routes.

Set covering: every job by a route or, where it has a tariff, by the carrier; no more routes of a kind than
vehicles. For any prices p >= 0 (at most the tariff) Lagrange's bound holds:

    sum p_j + sum over kinds of count x min(0, cheapest walk at these prices),

so the search may stop at any moment. Where there are many vehicles it is weak early on; then prices shrunk so
far that no walk is below zero (after Farley 1990) bound as well. Prices are smoothed (Wentges 1997): each round
asks between the best so far and those of the master. At the end visits that walks repeat are remembered
longer (dynamic ng-sets, Roberti and Mingozzi 2014), and the search goes on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..engine.glop import Master
from ..plan import Appraiser
from ..problem import Problem
from .claims import Claim, claims_of
from .clock import by_time
from .goods import by_load, by_trips
from .network import Kind, Network
from .walks import Walk, Walks

Way = Literal["flow", "load", "trips", "time"]
Prices = NDArray[np.float64]
COLUMNS = 12  # per kind and round
MEMORY = 5  # visits that a visit remembers at first, itself included
MOST_MEMORY = 12
MOST_CELLS = 24_000_000  # states x steps of one kind
MOST_WORK = 3e8  # moves x steps of one round
SMOOTH = 0.6
CLOSE = 1e-4  # share of the bound below which a round has come to rest
GAINED = 1e-3  # share of the bound that remembering longer must bring
HIGH, HIGHEST = 3.0, 1e9  # the first way out for a job by what it costs alone, and the last
SHARE = 0.1  # of a route, at least, for one job


@dataclass(frozen=True, slots=True)
class Found:
    """The best bound so far, the prices by job that prove it, and how the search went."""

    value: float
    prices: Prices
    rounds: int
    rested: bool  # nothing more to gain without a tighter relaxation


@dataclass(frozen=True, slots=True)
class Effort:
    """When a search ends: whichever comes first."""

    seconds: float
    rounds: int
    called_off: Callable[[], bool] = lambda: False


def kinds_of(problem: Problem) -> list[Kind]:
    """The vehicles by kind, with the jobs that each may take."""
    appraiser = Appraiser(problem)
    kinds = []
    for vehicles in appraiser.kinds:
        admitted = appraiser.admitted(vehicles[0])
        jobs = tuple(job for job in problem.jobs if job.id in admitted)
        kinds.append(Kind(vehicles[0], len(vehicles), jobs))
    return kinds


def generate(problem: Problem, *, by: Way, effort: Effort) -> Found | None:
    """The bound by "load", "trips" or "time"; None where the problem is too large or has nothing to price.

    "load" is for kinds without pairs and reloads alone. Mandatory jobs that no kind may take are left out. A
    search that its rounds end repeats exactly.
    """
    networks = _networks(problem, by)
    for memory in (MEMORY, 3, 1):
        for network in networks:
            network.near = _nearest(network, memory)
        work, cells = sum(map(_work, networks)), max(map(_cells, networks), default=0)
        if networks and work <= MOST_WORK and cells <= MOST_CELLS:
            return _Search(problem, networks, effort).run()
    return None


def _networks(problem: Problem, by: Way) -> list[Network]:
    numbers = {job.id: number for number, job in enumerate(problem.jobs)}
    kinds = [kind for kind in kinds_of(problem) if kind.jobs]
    steps = 200 if max((len(kind.jobs) for kind in kinds), default=1) <= 250 else 100
    build = by_load if by == "load" else by_trips if by == "trips" else by_time
    return [network for kind in kinds if (network := build(problem, kind, numbers, steps)).visits]


def _nearest(network: Network, size: int) -> list[tuple[int, ...]]:
    """Per node: itself and the nearest visits that could lie both before and after it."""
    n = network.visits + network.bits
    both = network.cost + network.cost.T
    both = np.where(network.steps + network.steps.T <= network.limit, both, math.inf)
    both[:, network.visits :] = math.inf  # what is fetched is known anyway
    np.fill_diagonal(both, -1.0)
    order = np.argsort(both, axis=1, kind="stable")[:, :size]
    return [
        (node, *(int(other) for other in order[node] if other != node and both[node, other] < math.inf))
        for node in range(n)
    ]


def _cells(network: Network) -> int:
    states = sum(1 << (len(near) - 1) for near in network.near) + network.visits
    return states * (network.limit + 1) << network.bits


def _work(network: Network) -> float:
    """Moves x steps, roughly."""
    near = sum(3 * len(items) << (len(items) - 1) for items in network.near)
    return float((network.visits**2 + near) * (network.limit + 1) << network.bits)


@dataclass(frozen=True, slots=True)
class _Point:
    """Prices per job of the problem, and per kind what its whole span is worth."""

    prices: Prices
    tolls: Prices

    def towards(self, other: _Point, share: float) -> _Point:
        return _Point(
            (1 - share) * self.prices + share * other.prices, (1 - share) * self.tolls + share * other.tolls
        )


class _Search:
    def __init__(self, problem: Problem, networks: list[Network], effort: Effort) -> None:
        self.end, self.effort = time.monotonic() + effort.seconds, effort
        self.networks = networks
        self.walks = [Walks(network) for network in networks]
        reachable = {stay.job for network in networks for stays in network.stays for stay in stays}
        self.claims, self.unreached = claims_of(problem, reachable)
        self.row = {job: row for row, claim in enumerate(self.claims) for job in claim.jobs}
        self.size = len(problem.jobs)
        self.counts = [min(network.kind.count, len(network.kind.jobs)) for network in networks]
        self._master()
        self.least = [_least_cost(network) for network in networks]
        self.columns: list[tuple[int, Walk]] = []
        self.rounds = self.added = 0
        self.centre = _Point(np.minimum(self.first, self.high), np.zeros(len(networks)))
        self.value, self.shrink = -math.inf, 1.0
        self.rested = False

    def _master(self) -> None:
        """Rows: claims, vehicles per kind, span per kind. Columns: a way out per claim, vehicles of many walks."""
        claims, kinds = len(self.claims), len(self.networks)
        limits = [(1.0, math.inf)] * claims + [(-math.inf, float(count)) for count in self.counts]
        self.master = Master([*limits, *[(0.0, math.inf)] * kinds])
        self.first = np.array([_share(self.networks, claim) for claim in self.claims])
        self.most = np.array([HIGHEST if c.tariff is None else float(c.tariff) for c in self.claims])
        self.high = np.minimum(HIGH * self.first + 1, self.most)
        self.slack = [self.master.column(float(cost), {row: 1.0}) for row, cost in enumerate(self.high)]
        for number, network in enumerate(self.networks):
            if network.vehicle_cost is not None:
                rows = {claims + number: 1.0, claims + kinds + number: 1.0 if network.span else 0.0}
                self.master.column(max(0.0, network.vehicle_cost), rows)
        self.others = sum(network.vehicle_cost is not None for network in self.networks)

    def run(self) -> Found:
        stalled = -math.inf
        while not self._over():
            if not self._descend():
                break
            self.rested = True
            if self.value < stalled + GAINED * abs(stalled):
                break
            stalled = self.value
            if not self._remember():
                break
            self.rested = False
        prices = self._per_job(self.centre.prices * self.shrink)
        return Found(self.value + self.unreached, prices, self.rounds, self.rested)

    def _per_job(self, prices: Prices) -> Prices:
        """Alternatives have the price of their group; jobs that no vehicle may take have none."""
        found = np.zeros(self.size)
        for job, row in self.row.items():
            found[job] = prices[row]
        return found

    def _over(self) -> bool:
        spent = self.rounds >= self.effort.rounds or time.monotonic() >= self.end
        return spent or self.effort.called_off()

    def _descend(self) -> bool:
        """Rounds until nothing is gained any more (True) or the time is up."""
        smooth, claims, kinds = 1.0, len(self.claims), len(self.networks)
        while not self._over():
            solved = self.master.solve(max(0.05, self.end - time.monotonic()))
            if solved is None:
                return False
            value, duals = solved
            if self.value >= value - max(0.5, CLOSE * abs(value)):
                if not self._raise_slacks():
                    return True
                continue
            at_master = _Point(np.clip(duals[:claims], 0, self.high), np.maximum(duals[claims + kinds :], 0))
            smooth = smooth if self.value > -math.inf else 1.0
            improved = self._round(
                at_master.towards(self.centre, smooth), at_master, duals[claims : claims + kinds]
            )
            if improved is None:
                return False
            if self.added == 0:
                smooth = 0.0
            else:
                smooth = min(0.8, max(SMOOTH, smooth) + 0.05) if improved else max(0.0, smooth - 0.3)
        return False

    def _round(self, point: _Point, at_master: _Point, used: list[float]) -> bool | None:
        """Price every kind once; whether the bound rose. None where the time is up."""
        self.rounds += 1
        self.added = 0
        per_job = self._per_job(point.prices)
        total, shrink, trips = float(point.prices.sum()), 1.0, 0.0
        for number, (walks, network) in enumerate(zip(self.walks, self.networks, strict=True)):
            if time.monotonic() >= self.end:
                return None
            worth = float(point.tolls[number])
            toll = worth / network.span if network.span else 0.0
            below = worth if network.vehicle_cost is None else 0.0
            least, found = walks.price(per_job, toll, below, COLUMNS)
            if network.vehicle_cost is None:
                least -= worth
                total += self.counts[number] * min(0.0, least)
            else:
                vehicle = max(0.0, network.vehicle_cost)
                total += self.counts[number] * min(0.0, vehicle - worth)
                trips = min(trips, least)
                shrink = min(shrink, vehicle / max(worth, vehicle, 1e-9))
            if least < 0:
                shrink = min(shrink, self.least[number] / (self.least[number] - least))
            self._take(number, found, at_master, used[number])
        total += len(self.claims) * trips  # a trip is for one claim at least
        value, factor = max((total, 1.0), (shrink * float(point.prices.sum()), shrink))
        improved = value > self.value + 1e-9
        if improved:
            self.value, self.shrink, self.centre = value, factor, point
        return improved

    def _take(self, number: int, found: list[Walk], at_master: _Point, used: float) -> None:
        """The walks that the master would use go into it."""
        network, claims, kinds = self.networks[number], len(self.claims), len(self.networks)
        alone = network.vehicle_cost is None
        for walk in found:
            terms: dict[int, float] = {}
            for job, count in walk.jobs.items():
                terms[self.row[job]] = terms.get(self.row[job], 0.0) + count
            worth = sum(count * at_master.prices[row] for row, count in terms.items())
            if network.span:
                share = float(alone) - walk.seconds / network.span
                terms[claims + kinds + number] = share
                worth += share * float(at_master.tolls[number])
            if walk.cost - worth - (used if alone else 0.0) < -1e-6:
                if alone:
                    terms[claims + number] = 1.0
                self.master.column(max(0.0, walk.cost), terms)
                self.columns.append((number, walk))
                self.added += 1

    def _raise_slacks(self) -> bool:
        """Where a claim still takes a way out that is too cheap, that must cost more; whether any did."""
        used = self.master.used()
        raised = False
        for row, column in enumerate(self.slack):
            if used[column] > 1e-6 and self.high[row] < self.most[row]:
                self.high[row] = min(3 * self.high[row] + 100, self.most[row])
                self.master.reprice(column, float(self.high[row]))
                raised = True
        return raised

    def _remember(self) -> bool:
        """Let the visits between two of the same, in walks that the master uses, remember it; whether any does."""
        used = self.master.used()[len(self.slack) + self.others :]
        changed = set()
        for share, (number, walk) in zip(used, self.columns, strict=True):
            if share > 1e-6:
                for visit, between in _circles(walk.visits):
                    if self._extend(number, visit, between):
                        changed.add(number)
        for number in changed:
            self.walks[number] = Walks(self.networks[number])
        for spot, (number, walk) in enumerate(self.columns):
            if number in changed and not _remembered(walk.visits, self.networks[number]):
                self.master.drop(len(self.slack) + self.others + spot)
        return bool(changed)

    def _extend(self, number: int, visit: int, between: tuple[int, ...]) -> bool:
        network = self.networks[number]
        if any(
            len(network.near[other]) >= MOST_MEMORY for other in between if visit not in network.near[other]
        ):
            return False
        before = list(network.near)
        for other in between:
            if visit not in network.near[other]:
                network.near[other] = (*network.near[other], visit)
        if _cells(network) > MOST_CELLS:
            network.near = before
        return network.near != before


def _circles(visits: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(a visit, what lies between it and its next repetition)."""
    last: dict[int, int] = {}
    for spot, visit in enumerate(visits):
        if visit in last:
            yield visit, visits[last[visit] + 1 : spot]
        last[visit] = spot


def _remembered(visits: tuple[int, ...], network: Network) -> bool:
    """Whether no visit of a walk is repeated while it is remembered."""
    memory: set[int] = set()
    for visit in visits:
        if visit in memory:
            return False
        memory = (memory & set(network.near[visit])) | {visit}
    return True


def _share(networks: list[Network], claim: Claim) -> float:
    """What a claim alone costs, by its share of the resource: where prices begin."""
    found = []
    for network in networks:
        for node, stays in enumerate(network.stays):
            for stay in stays:
                if stay.job in claim.jobs:
                    way = float(network.first_cost[node] + network.last_cost[node])
                    share = min(1.0, float(network.first_steps[node]) / max(network.limit, 1))
                    share = max(SHARE, share)
                    found.append((max(0.0, network.base_cost) + way) * share + stay.work_cost)
    return min(found)


def _least_cost(network: Network) -> float:
    """No walk with a visit costs less."""
    ends = network.first_cost.min(initial=math.inf) + network.last_cost[: network.visits].min(
        initial=math.inf
    )
    return max(0.0, network.base_cost + float(ends))
