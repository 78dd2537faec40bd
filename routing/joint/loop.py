"""Suppliers, then routes, then suppliers again by what the stops really cost: the best of some rounds.

Wait or go, after the time-and-quantity rule: a recipient is served today if something is due, has waited long
enough, or would fill enough of a vehicle. What may wait goes along where that costs no more than going another
day in a full vehicle. Fairness by epsilon-constraint: the same day under shorter longest waits, each with its cost.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .. import bounds, distances, explain, solver, sourcing
from ..plan import Plan
from ..problem import Job, Problem, Task
from .model import Joint, Wanted

Lane = tuple[str, str]
Prices = Literal["driven", "dual"]
LOADING_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Rule:
    """Who must go: due within so many days, waited so many, or so full a share of the largest vehicle."""

    due_days: int = 1
    waited_days: int = 10
    full_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer. Costs in fen: goods of every line, ways today (carrier and the price of waiting included).

    lower_bound: of goods and ways together, whoever supplies; `plan` has the one of its routes. history: the
    total of each round. waits: lines left for another day; oldest_wait: days among them; worst_fill: the least
    share of its units that a recipient gets today.
    """

    supply: sourcing.Supply
    plan: Plan
    problem: Problem
    goods: int
    total: int
    lower_bound: int | None
    gap: float | None
    history: tuple[int, ...]
    goes: tuple[str, ...]
    waits: tuple[str, ...]
    oldest_wait: int
    worst_fill: float


@dataclass(frozen=True, slots=True)
class Fair:
    """The day with nobody left who waited more than `waited_days`, and what that adds to the cheapest."""

    waited_days: int
    decision: Decision
    price: int


def decide(
    joint: Joint,
    *,
    rule: Rule | None = None,
    rounds: int = 3,
    by: Prices = "dual",
    params: solver.Params | None = None,
) -> Decision:
    """The best of `rounds` rounds of choosing suppliers and routes; `params` hold for the routes of one round.

    `by`: suppliers are chosen again by the dual price of each stop in the bound of the routes (where they have
    one), or by what it would save, left out of the routes as driven. Raises ValueError where an item of the lines is offered nowhere within its ceiling.
    """
    day = _Day(joint, rule or Rule())
    params = params or solver.Params(seconds=5.0, bound_seconds=1.5)
    prices, found = day.first_prices(), []
    for number in range(max(1, rounds)):
        supply = day.supply(prices, params.seed)
        problem, brings = day.problem(supply)
        plan = solver.solve_with(problem, params)
        found.append((supply.goods_amount + plan.cost.total, number, supply, plan, problem, brings))
        renewed = prices | _learned(problem, plan, by)
        if renewed == prices:
            break
        prices = renewed
    history = tuple(item[0] for item in found)
    _, _, supply, plan, problem, brings = min(found, key=lambda item: (len(item[3].owed), item[0], item[1]))
    return day.decision(supply, plan, problem, brings, history, params)


def _learned(problem: Problem, plan: Plan, by: Prices) -> dict[Lane, int]:
    if by == "driven" or not plan.job_prices:
        return explain.lane_prices(problem, plan)
    lanes = {
        job.id: (job.pickup.location, job.delivery.location)
        for job in problem.jobs
        if job.pickup and job.delivery
    }
    return {lanes[item.job]: item.price for item in plan.job_prices if item.job in lanes}


def fairness(
    joint: Joint, waits: tuple[int, ...] = (10, 7, 5, 3, 0), *, params: solver.Params | None = None
) -> list[Fair]:
    """The day under ever shorter longest waits. The price is over the cheapest of them."""
    found = [(wait, decide(joint, rule=Rule(waited_days=wait), params=params)) for wait in waits]
    least = min(decision.total for _, decision in found)
    return [Fair(wait, decision, decision.total - least) for wait, decision in found]


class _Day:
    def __init__(self, joint: Joint, rule: Rule) -> None:
        self.joint, self.rule = joint, rule
        self.ground = distances.completed(joint.ground)
        self.items = {item.id: item for item in joint.items}
        self.visits = {job.id: job for job in joint.ground.jobs}
        self.index = {place.id: spot for spot, place in enumerate(self.ground.locations)}
        self.lines = {line.id: line for line in joint.lines}
        self.room = max((vehicle.capacity[0] for vehicle in joint.ground.vehicles), default=1)
        self.must = self._must()

    def _grams(self, line: Wanted) -> int:
        return line.quantity * self.items[line.item].grams

    def _must(self) -> frozenset[str]:
        """Recipients who are served today."""
        weight: dict[str, int] = defaultdict(int)
        must = set()
        for line in self.joint.lines:
            weight[line.recipient] += self._grams(line)
            due = line.due is not None and line.due <= self.rule.due_days
            if due or line.waited >= self.rule.waited_days:
                must.add(line.recipient)
        full = {place for place, grams in weight.items() if grams >= self.rule.full_share * self.room}
        return frozenset(must | full)

    def _radial(self, warehouse: str, recipient: str, grams: int) -> int:
        """By its share of the cheapest full vehicle, there and back."""
        metres = self.ground.profiles[0].metres
        assert metres is not None
        way = int(metres.values[self.index[warehouse], self.index[recipient]])
        return min(
            (
                round((v.fixed_price + 2 * v.km_price * way / 1000) * grams / max(1, v.capacity[0]))
                for v in self.ground.vehicles
            ),
            default=0,
        )

    def first_prices(self) -> dict[Lane, int]:
        """A stop is as dear as its way by itself, shared by some six stops."""
        return {
            (offer.warehouse, line.recipient): self._radial(offer.warehouse, line.recipient, self.room // 6)
            for offer in self.joint.offers
            for line in self.joint.lines
        }

    def supply(self, prices: dict[Lane, int], seed: int) -> sourcing.Supply:
        lines = [
            sourcing.Line(line.id, line.item, line.quantity, line.recipient, line.ceiling_price)
            for line in self.joint.lines
        ]
        offers = [
            sourcing.Offer(o.id, o.item, o.warehouse, o.warehouse, o.unit_price, o.pack_size, o.stock)
            for o in self.joint.offers
        ]
        found = sourcing.choose(lines, offers, prices, seconds=2.0, seed=seed)
        if found.unsupplied:
            short = found.unsupplied[0]
            raise ValueError(f"line {short.line}: {short.quantity} units nobody supplies ({short.why})")
        return found

    def problem(self, supply: sourcing.Supply) -> tuple[Problem, dict[str, set[str]]]:
        """The day's routing problem, and the lines that each of its jobs brings."""
        warehouse = {offer.id: offer.warehouse for offer in self.joint.offers}
        loads: dict[Lane, list[int]] = defaultdict(lambda: [0, 0])
        brings: dict[str, set[str]] = defaultdict(set)
        for pick in supply.picks:
            line = self.lines[pick.line]
            lane = warehouse[pick.offer], line.recipient
            item = self.items[line.item]
            loads[lane][0] += pick.quantity * item.grams
            loads[lane][1] += pick.quantity * item.cm3
            brings["{}>{}".format(*lane)].add(line.id)
        jobs = tuple(self._job(lane, grams, cm3) for lane, (grams, cm3) in sorted(loads.items()))
        return dataclasses.replace(self.ground, jobs=jobs, name=self.joint.name), dict(brings)

    def _job(self, lane: Lane, grams: int, cm3: int) -> Job:
        warehouse, recipient = lane
        visit = self.visits[recipient]
        tariff = self.joint.base_price + self.joint.kg_price * grams // 1000
        if recipient not in self.must:
            nearest = min({offer.warehouse for offer in self.joint.offers}, key=self._way_to(recipient))
            tariff = min(tariff, self._radial(nearest, recipient, grams))
        amount = (grams, cm3)
        return Job(
            "{}>{}".format(*lane), amount, Task(warehouse, (), LOADING_SECONDS), visit.delivery, tariff=tariff
        )

    def _way_to(self, recipient: str) -> Callable[[str], int]:
        metres = self.ground.profiles[0].metres
        assert metres is not None
        return lambda warehouse: int(metres.values[self.index[warehouse], self.index[recipient]])

    def decision(
        self,
        supply: sourcing.Supply,
        plan: Plan,
        problem: Problem,
        brings: dict[str, set[str]],
        history: tuple[int, ...],
        params: solver.Params,
    ) -> Decision:
        left = {item.job for item in plan.unserved}
        stays = {line for job in left for line in brings[job] if self.lines[line].recipient not in self.must}
        total = supply.goods_amount + plan.cost.total
        least = self._least(problem, params)
        units: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for line in self.joint.lines:
            units[line.recipient][0] += line.quantity * (line.id not in stays)
            units[line.recipient][1] += line.quantity
        return Decision(
            supply=supply,
            plan=plan,
            problem=problem,
            goods=supply.goods_amount,
            total=total,
            lower_bound=least,
            gap=None if least is None or plan.owed or not total else round(1 - least / total, 6),
            history=history,
            goes=tuple(sorted(set(self.lines) - stays)),
            waits=tuple(sorted(stays)),
            oldest_wait=max((self.lines[line].waited for line in stays), default=0),
            worst_fill=min((got / all_ for got, all_ in units.values()), default=1.0),
        )

    def _least(self, problem: Problem, params: solver.Params) -> int | None:
        """Goods at their cheapest and the ways that remain from anywhere."""
        wants = [
            bounds.Want(
                line.quantity,
                {
                    offer.id: offer.unit_price
                    for offer in self.joint.offers
                    if offer.item == line.item and offer.unit_price <= line.ceiling_price
                },
            )
            for line in self.joint.lines
        ]
        stock = {offer.id: offer.stock for offer in self.joint.offers if offer.stock is not None}
        goods = bounds.cheapest_goods(wants, stock)
        rounds = None if params.iterations is None else 20
        seconds = max(2.0, params.bound_seconds)
        ways = bounds.lower(bounds.anywhere(problem), seconds=seconds, rounds=rounds)
        if goods is None or ways.fen is None:
            return None
        return max(0, goods + ways.fen - len(self.joint.lines))  # tariffs of parts are rounded, each by a fen
