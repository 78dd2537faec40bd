"""The choice of offers as a CP-SAT model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ortools.sat.python import cp_model

MAX_OBJECTIVE = 2**61
GUARD = 6.0  # wall clock over the time counted by the solver itself, which is the same on every machine

Order = tuple[str, str, str]
Lane = tuple[str, str]
Units = Sequence[cp_model.IntVar]
Key = TypeVar("Key")
Priced = list[tuple[cp_model.IntVar, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a line could take from one offer: `extra` fen a unit beside its price; `order` begins with the lane."""

    line: str
    wanted: int
    offer: str
    pack: int
    price: int
    extra: int
    order: Order


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds for several parts: stock by offer, price by lane, goods of an order at least, and by offer the
    prices of so many units in one order."""

    stock: Mapping[str, int] = field(default_factory=dict)
    stops: Mapping[Lane, int] = field(default_factory=dict)
    minimums: Mapping[Order, int] = field(default_factory=dict)
    breaks: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """Units per part, and whether no better choice exists."""

    quantities: list[int]
    proved: bool


def cheapest_parts(
    parts: Sequence[Part], asked: Asked, hint: Sequence[int], *, seconds: float, seed: int
) -> Found | None:
    """Units per part: most supplied first, then least goods, stop prices and extras.

    None where nothing was found in time. Per line every part but one is whole packs of its offer; stock is
    shared between lines. The time is counted by the solver, so that an answer repeats; the clock only guards.
    """
    if not parts:
        return Found([], proved=True)
    model = cp_model.CpModel()
    quantities = [
        model.new_int_var(0, min(part.wanted, asked.stock.get(part.offer, part.wanted)), "") for part in parts
    ]
    _keep_packs(model, parts, quantities)
    for offer, spots in _by(part.offer for part in parts).items():
        if offer in asked.stock:
            model.add(_sum([quantities[spot] for spot in spots]) <= asked.stock[offer])
    goods = _goods(model, parts, quantities, asked)
    _keep_minimums(model, parts, quantities, goods, asked.minimums)
    extras = cp_model.LinearExpr.weighted_sum(quantities, [part.extra for part in parts])
    supplied = _sum(quantities)
    worst = sum((part.price + part.extra) * part.wanted for part in parts) + sum(asked.stops.values()) + 1
    wanted = sum({part.line: part.wanted for part in parts}.values())
    if worst * wanted > MAX_OBJECTIVE:
        return None
    # A unit supplied outweighs every price together.
    bought = _amount([item for priced in goods.values() for item in priced])
    cost = bought + extras + _stop_costs(model, parts, quantities, asked.stops)
    model.minimize(cost - worst * supplied)
    for units, value in zip(quantities, hint, strict=True):
        model.add_hint(units, value)
    return _solve(model, quantities, seconds, seed)


def _by(keys: Iterable[Key]) -> dict[Key, list[int]]:
    groups: dict[Key, list[int]] = defaultdict(list)
    for spot, key in enumerate(keys):
        groups[key].append(spot)
    return groups


def _keep_packs(model: cp_model.CpModel, parts: Sequence[Part], quantities: Units) -> None:
    for spots in _by(part.line for part in parts).values():
        model.add(_sum([quantities[spot] for spot in spots]) <= parts[spots[0]].wanted)
        odds = []
        for spot in spots:
            part = parts[spot]
            if part.pack > 1:
                packs = model.new_int_var(0, part.wanted // part.pack, "")
                odd = model.new_bool_var("")
                rest = model.new_int_var(0, part.pack - 1, "")
                model.add(quantities[spot] == part.pack * packs + rest)
                model.add(rest <= (part.pack - 1) * odd)
                odds.append(odd)
        if len(odds) > 1:
            model.add_at_most_one(odds)


def _goods(
    model: cp_model.CpModel, parts: Sequence[Part], quantities: Units, asked: Asked
) -> dict[Order, Priced]:
    """What goods each order has, with prices; an offer with breaks has one price for all its units in an order."""
    goods: dict[Order, Priced] = defaultdict(list)
    for (order, offer), spots in _by((part.order, part.offer) for part in parts).items():
        steps = [(0, parts[spots[0]].price), *asked.breaks.get(offer, ())]
        if len(steps) == 1:
            goods[order] += [(quantities[spot], parts[spot].price) for spot in spots]
            continue
        most = sum(parts[spot].wanted for spot in spots)
        tiers = [model.new_int_var(0, most, "") for _ in steps]
        chosen = [model.new_bool_var("") for _ in steps]
        model.add_exactly_one(chosen)
        ends = [least - 1 for least, _ in steps[1:]] + [most]
        for (least, _), end, tier, on in zip(steps, ends, tiers, chosen, strict=True):
            model.add(tier >= least * on)
            model.add(tier <= min(end, most) * on)
        model.add(_sum(tiers) == _sum([quantities[spot] for spot in spots]))
        goods[order] += zip(tiers, (cost for _, cost in steps), strict=True)
    return goods


def _sum(units: Units) -> cp_model.LinearExpr:
    return cp_model.LinearExpr.sum(list(units))


def _amount(priced: Priced) -> cp_model.LinearExpr:
    return cp_model.LinearExpr.weighted_sum([units for units, _ in priced], [price for _, price in priced])


def _keep_minimums(
    model: cp_model.CpModel,
    parts: Sequence[Part],
    quantities: Units,
    goods: Mapping[Order, Priced],
    minimums: Mapping[Order, int],
) -> None:
    for order, spots in _by(part.order for part in parts).items():
        if minimums.get(order, 0) > 0:
            placed = model.new_bool_var("")
            for spot in spots:
                model.add(quantities[spot] <= parts[spot].wanted * placed)
            model.add(_amount(goods[order]) >= minimums[order] * placed)


def _stop_costs(
    model: cp_model.CpModel, parts: Sequence[Part], quantities: Units, stops: Mapping[Lane, int]
) -> cp_model.LinearExpr:
    used = {lane: model.new_bool_var("") for lane, price in stops.items() if price > 0}
    for part, units in zip(parts, quantities, strict=True):
        if part.order[:2] in used:
            model.add(units <= part.wanted * used[part.order[:2]])
    return cp_model.LinearExpr.weighted_sum(list(used.values()), [stops[lane] for lane in used])


def _solve(model: cp_model.CpModel, quantities: Units, seconds: float, seed: int) -> Found | None:
    solver = cp_model.CpSolver()
    solver.parameters.max_deterministic_time = seconds
    solver.parameters.max_time_in_seconds = GUARD * seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Found([solver.value(units) for units in quantities], status == cp_model.OPTIMAL)
