"""Ruin and recreate with PyVRP's hands: strings of neighbouring stops leave, its search solution puts them back.

After Slack Induction by String Removals (Christiaens and Vanden Berghe 2020), with their absence counters: what
counts is the sum of counters of the jobs that have no place, so that the stubborn ones come in first. Every rule
that PyVRP models holds, as breaking one costs more than any job is worth.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from collections.abc import Sequence as Many

import numpy as np
import pyvrp
import pyvrp.search
from pyvrp.search import _search as hands

from ..matrix import travel
from .pyvrp_model import MOST_PENALTY, Model, Tour

AVERAGE_REMOVED = 10
LONGEST_STRING = 10
SPLIT = 0.5  # share of strings that keep some stops in their middle, and the chance that these are one more
BLINK = 0.05  # of the places next to which a job might go that a round does not see
VIEWS = 4  # ways of not seeing them
HEAT = 0.0003  # of the way at the start, for plans that leave out the same jobs
NEAR = 150  # neighbours of a job that a ruin may reach
WORTH_LEGS = 8  # longest legs that a job without a place costs


class FewerTours:
    """Some jobs on a given number of tours: `run` goes on until every job has a place."""

    def __init__(
        self, model: Model, jobs: Many[int], tours: Many[Tour], absent: Many[int], seed: int
    ) -> None:
        self._model, self._draw = model, random.Random(seed)
        available = [0] * len(model.kinds)
        for tour in tours:
            available[tour.kind] += 1
        worth = min(WORTH_LEGS * model.longest_leg + 1, int(MOST_PENALTY / 20))
        self._part = model.part(jobs, available, prices=dict.fromkeys(jobs, worth))
        data = self._part.data
        dear = 10 * worth
        self._evaluator = pyvrp.CostEvaluator([dear] * data.num_load_dimensions, dear, dear)
        self._solution = hands.Solution(data)
        self._solution.load(model.solution(self._part, [tour for tour in tours if tour.acts]))
        self._routes = self._solution.routes
        self._number = {id(route): number for number, route in enumerate(self._routes)}
        self._views = self._made_views()
        self._starter = pyvrp.search.InsertOptionalClient(data)
        self._lay_out(jobs, absent)
        self.rounds = 0

    def _made_views(self) -> list[hands.SearchSpace]:
        data = self._part.data
        near = pyvrp.search.compute_neighbours(data, pyvrp.search.NeighbourhoodParams())
        return [
            hands.SearchSpace(
                data,
                {
                    act: [other for other in others if self._draw.random() > BLINK]
                    for act, others in near.items()
                },
            )
            for _ in range(VIEWS)
        ]

    def _lay_out(self, jobs: Many[int], absent: Many[int]) -> None:
        """Jobs by number within these: their nodes, who is near, on which route, for how long on none."""
        part, model = self._part, self._model
        self._jobs = [*part.clients, *part.shipments]
        counters = dict(zip(jobs, absent, strict=True))
        self._absent = [counters[job] for job in self._jobs]
        self._nodes: list[tuple[hands.Node, ...]] = [(node,) for node in self._solution.clients]
        self._nodes += [tuple(pair) for pair in self._solution.shipments]
        self._first_shipment = len(part.clients)
        self._stops = [self._as_they_are(number) for number in range(len(self._routes))]
        self._where = [-1] * len(self._jobs)
        for number, stops in enumerate(self._stops):
            for job, _ in stops:
                self._where[job] = number
        self.left = {job for job, route in enumerate(self._where) if route < 0}
        self._amount = [sum(model.jobs[job].amount) for job in self._jobs]
        self._near, self._far = self._neighbours()
        self._heat = HEAT * sum(self._way(route) for route in self._routes)

    def _neighbours(self) -> tuple[list[list[int]], list[int]]:
        """The nearest of every job, by the shortest way between any two of their ends; and how far out each lies."""
        model = self._model
        metres = travel(model.problem, model.kinds[0][0].profile).metres
        ends = [model.places[model.node_of[list(model.acts_of_job[job])]] for job in self._jobs]
        first, last = (np.array([end[spot] for end in ends]) for spot in (0, -1))
        apart = np.minimum(metres[np.ix_(last, last)], metres[np.ix_(first, first)])
        apart = np.minimum(apart, np.minimum(metres[np.ix_(first, last)], metres[np.ix_(last, first)]))
        near = np.argsort(apart, axis=1, kind="stable")[:, : NEAR + 1]
        return near.tolist(), metres[last].mean(axis=1).astype(int).tolist()

    def _way(self, route: hands.Route) -> int:
        return route.distance_cost() + route.duration_cost()

    def _as_they_are(self, number: int) -> list[tuple[int, hands.Node]]:
        return [
            (node.idx + (0 if node.is_client() else self._first_shipment), node)
            for node in self._routes[number]
            if not node.is_depot()
        ]

    def run(self, over: Callable[[int], bool]) -> None:
        """Rounds until nothing is left out, or `over(rounds)`."""
        while self.left and not over(self.rounds):
            self.rounds += 1
            self._round()

    def tours(self) -> tuple[Tour, ...]:
        """What there is now, whoever is left out."""
        return tuple(self._model.tours(self._part, self._solution.unload()))

    def absent(self) -> dict[int, int]:
        """How many rounds each job had no place."""
        return dict(zip(self._jobs, self._absent, strict=True))

    def _round(self) -> None:
        gone = self._strings()
        before: dict[int, int] = {}
        was = {job: self._where[job] for job in gone}
        self._take_out(gone, before)
        left = self._put_back(gone, before, was)
        if self._accepted(left, before):
            for number in before:
                self._stops[number] = self._as_they_are(number)
            self.left = left
        else:
            self._undo(before, was)

    def _strings(self) -> set[int]:
        """Strings around the nearest of a drawn job, from as many tours as it takes."""
        busy = [stops for stops in self._stops if stops]
        mean = sum(map(len, busy)) / max(1, len(busy))
        longest = max(1.0, min(LONGEST_STRING, mean))
        strings = int(self._draw.uniform(1, 4 * AVERAGE_REMOVED / (1 + longest)))
        gone: set[int] = set()
        ruined: set[int] = set()
        for job in self._near[self._draw.randrange(len(self._jobs))]:
            number = self._where[job]
            if number < 0 or number in ruined or job in gone:
                continue
            stops = self._stops[number]
            gone |= self._string(stops, job, int(self._draw.uniform(1, min(longest, len(stops)) + 1)))
            ruined.add(number)
            if len(ruined) >= strings:
                break
        return gone

    def _string(self, stops: list[tuple[int, hands.Node]], job: int, length: int) -> set[int]:
        kept = 0
        if length > 1 and self._draw.random() < SPLIT:
            kept = 1
            while length + kept < len(stops) and self._draw.random() < SPLIT:
                kept += 1
        span = min(len(stops), length + kept)
        spots = [spot for spot, (other, _) in enumerate(stops) if other == job]
        centre = self._draw.choice(spots)
        start = self._draw.randint(max(0, centre - span + 1), min(centre, len(stops) - span))
        string = [other for other, _ in stops[start : start + span]]
        if kept and span == length + kept:
            cut = self._draw.randint(1, length)
            string = string[:cut] + string[cut + kept :]
        return set(string)

    def _take_out(self, gone: set[int], before: dict[int, int]) -> None:
        for number in {self._where[job] for job in gone}:
            route, stops = self._routes[number], self._stops[number]
            before[number] = self._way(route)
            for spot in range(len(stops) - 1, -1, -1):
                if stops[spot][0] in gone:
                    del route[spot + 1]
            route.update()

    def _put_back(self, gone: set[int], before: dict[int, int], was: dict[int, int]) -> set[int]:
        """Every job at its cheapest place in a drawn order; those that have none, which the counters hear."""
        view, still = self._draw.choice(self._views), set()
        for job in self._order(gone):
            route = self._insert(job, view)
            if route is None:
                still.add(job)
                self._where[job] = -1
                self._absent[job] += 1
                continue
            number = self._number[id(route)]
            was.setdefault(job, -1)
            before.setdefault(number, self._way(route))
            route.update()
            self._where[job] = number
        return still

    def _insert(self, job: int, view: hands.SearchSpace) -> hands.Route | None:
        nodes = self._nodes[job]
        if len(nodes) == 2:
            found = self._solution.insert(nodes[0], nodes[1], view, self._evaluator, False)
            return nodes[0].route if found else None
        if self._solution.insert(nodes[0], view, self._evaluator, False):
            return nodes[0].route
        for number in {self._where[other] for other in self._near[job][:50]}:  # it never looks at the start
            route = self._routes[number]
            if number >= 0 and self._starter.evaluate(nodes[0], route[0], self._evaluator)[0] < 0:
                route.insert(1, nodes[0])
                return route
        return None

    def _order(self, gone: set[int]) -> list[int]:
        jobs = sorted(self.left | gone)
        self._draw.shuffle(jobs)
        drawn = self._draw.random()
        if drawn < 0.3:
            jobs.sort(key=lambda job: -self._amount[job])
        elif drawn < 0.6:
            jobs.sort(key=lambda job: -self._absent[job])
        elif drawn < 0.8:
            jobs.sort(key=lambda job: -self._far[job])
        return jobs

    def _accepted(self, left: set[int], before: dict[int, int]) -> bool:
        then, now = (sum(self._absent[job] for job in jobs) for jobs in (self.left, left))
        if left != self.left:
            return now < then
        more = sum(self._way(self._routes[number]) - way for number, way in before.items())
        return more < -self._heat * math.log(self._draw.random() or 1e-12)

    def _undo(self, before: dict[int, int], was: dict[int, int]) -> None:
        for number in before:
            self._routes[number].clear()
        for number in before:
            route = self._routes[number]
            for _, node in self._stops[number]:
                route.append(node)
            route.update()
        for job, number in was.items():
            self._where[job] = number
