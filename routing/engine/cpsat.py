"""The choice of offers as a CP-SAT model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

MAX_OBJECTIVE = 2**61


@dataclass(frozen=True, slots=True)
class Part:
    """What a line could take from one offer."""

    line: str
    wanted: int
    offer: str
    pack: int
    price: int
    lane: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """Units per part, and whether no better choice exists."""

    quantities: list[int]
    proved: bool


def cheapest_parts(
    parts: Sequence[Part],
    stock: Mapping[str, int],
    stops: Mapping[tuple[str, str], int],
    hint: Sequence[int],
    *,
    seconds: float,
    seed: int,
) -> Found | None:
    """Units per part: most supplied first, then least goods and stop prices.

    None where nothing was found in time. Per line every part but one is whole packs of its offer; stock is
    shared between lines.
    """
    if not parts:
        return Found([], proved=True)
    model = cp_model.CpModel()
    quantities = [
        model.new_int_var(0, min(part.wanted, stock.get(part.offer, part.wanted)), "") for part in parts
    ]
    _keep_packs(model, parts, quantities)
    for offer, spots in _by(parts, "offer").items():
        if offer in stock:
            model.add(sum(quantities[spot] for spot in spots) <= stock[offer])
    goods = cp_model.LinearExpr.weighted_sum(quantities, [part.price for part in parts])
    supplied = cp_model.LinearExpr.sum(quantities)
    worst = sum(part.price * part.wanted for part in parts) + sum(stops.values()) + 1
    wanted = sum({part.line: part.wanted for part in parts}.values())
    if worst * wanted > MAX_OBJECTIVE:
        return None
    # A unit supplied outweighs every price together.
    model.minimize(goods + _stop_costs(model, parts, quantities, stops) - worst * supplied)
    for units, value in zip(quantities, hint, strict=True):
        model.add_hint(units, value)
    return _solve(model, quantities, seconds, seed)


def _by(parts: Sequence[Part], field: str) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for spot, part in enumerate(parts):
        groups[getattr(part, field)].append(spot)
    return groups


def _keep_packs(
    model: cp_model.CpModel, parts: Sequence[Part], quantities: Sequence[cp_model.IntVar]
) -> None:
    for spots in _by(parts, "line").values():
        model.add(sum(quantities[spot] for spot in spots) <= parts[spots[0]].wanted)
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


def _stop_costs(
    model: cp_model.CpModel,
    parts: Sequence[Part],
    quantities: Sequence[cp_model.IntVar],
    stops: Mapping[tuple[str, str], int],
) -> cp_model.LinearExpr:
    used = {lane: model.new_bool_var("") for lane, price in stops.items() if price > 0}
    for part, units in zip(parts, quantities, strict=True):
        if part.lane in used:
            model.add(units <= part.wanted * used[part.lane])
    return cp_model.LinearExpr.weighted_sum(list(used.values()), [stops[lane] for lane in used])


def _solve(
    model: cp_model.CpModel, quantities: Sequence[cp_model.IntVar], seconds: float, seed: int
) -> Found | None:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Found([solver.value(units) for units in quantities], status == cp_model.OPTIMAL)
