"""The published answers to the joint problems are what they claim to be."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from routing.checker import check
from routing.joint import Extent, Rule, joint_county
from routing.joint.loop import _Day
from routing.plan import Appraiser, build
from routing.problem import Act, Sequence
from routing.sourcing import Pick, Supply

FILE = Path(__file__).resolve().parents[2] / "fixtures" / "joint" / "best.json"
BEST: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("best", BEST, ids=[best["name"] for best in BEST])
def test_a_best_known_answer_keeps_the_rules_and_costs_what_it_says(best: dict[str, Any]) -> None:
    joint = joint_county(Extent(*best["extent"]), seed=best["seed"])
    assert joint.name == best["name"]
    lines, offers = {line.id: line for line in joint.lines}, {offer.id: offer for offer in joint.offers}
    got: dict[str, int] = defaultdict(int)
    used: dict[str, int] = defaultdict(int)
    odd: dict[str, int] = defaultdict(int)
    goods = 0
    for line, offer, units in best["picks"]:
        assert offers[offer].item == lines[line].item
        assert offers[offer].unit_price <= lines[line].ceiling_price
        got[line] += units
        used[offer] += units
        odd[line] += units % offers[offer].pack_size > 0
        goods += units * offers[offer].unit_price
    assert got == {line.id: line.quantity for line in joint.lines} and max(odd.values()) <= 1
    assert all(stock is None or used[o.id] <= stock for o in joint.offers for stock in [o.stock])
    picks = tuple(Pick(line, offer, units) for line, offer, units in best["picks"])
    problem, _ = _Day(joint, Rule()).problem(Supply(picks, (), goods, 0, "cpsat", False))
    routes = [
        Sequence(vehicle, tuple(Act(job, kind) for kind, job in acts)) for vehicle, acts in best["routes"]
    ]
    plan = build(Appraiser(problem), routes)
    assert check(problem, plan) == [] and not plan.owed
    assert (goods, plan.cost.total, goods + plan.cost.total) == (best["goods"], best["ways"], best["total"])
    assert best["lower_bound"] <= best["total"] and best["routes_bound"] <= best["ways"]
