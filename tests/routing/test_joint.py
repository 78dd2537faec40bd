"""A county's week: who supplies what, what goes today, and what fairness costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.checker import check
from routing.joint import Extent, Joint, Rule, decide, dumps, fairness, from_json, joint_county
from routing.problem import Refused
from routing.solver import Params

SMALL = Extent(warehouses=3, recipients=7, lines=14, items=6, vehicles=2)
COUNTED = Params(seconds=20, iterations=300, isolated=False, bound_seconds=1.0)


@pytest.fixture(scope="module")
def county() -> Joint:
    return joint_county(SMALL, seed=3)


def test_a_county_is_the_same_for_the_same_seed_and_survives_json(county: Joint) -> None:
    assert joint_county(SMALL, seed=3) == county != joint_county(SMALL, seed=4)
    assert from_json(json.loads(dumps(county))) == county


def test_a_decision_keeps_every_rule_and_its_bound(county: Joint) -> None:
    found = decide(county, params=COUNTED)
    assert check(found.problem, found.plan) == [] and not found.plan.owed
    assert found.total == found.goods + found.plan.cost.total == min(found.history)
    assert found.lower_bound is not None and 0.8 * found.total < found.lower_bound <= found.total
    assert {*found.goes, *found.waits} == {line.id for line in county.lines}
    used: dict[str, int] = {}
    for pick in found.supply.picks:
        used[pick.offer] = used.get(pick.offer, 0) + pick.quantity
    assert all(offer.stock is None or used.get(offer.id, 0) <= offer.stock for offer in county.offers)
    again = decide(county, params=COUNTED)
    assert (again.history, again.lower_bound, again.plan.routes) == (
        found.history,
        found.lower_bound,
        found.plan.routes,
    )


def test_who_is_due_or_has_waited_long_goes_today(county: Joint) -> None:
    rule = Rule(due_days=2, waited_days=6)
    found = decide(county, rule=rule, rounds=1, params=COUNTED)
    for line in county.lines:
        if line.waited >= 6 or (line.due is not None and line.due <= 2):
            assert line.id in found.goes
    assert found.oldest_wait < 6


def test_fairness_has_a_price(county: Joint) -> None:
    found = fairness(county, (10, 0), params=COUNTED)
    assert min(fair.price for fair in found) == 0
    patient, strict = found
    assert strict.decision.waits == () and strict.decision.worst_fill == 1.0
    assert strict.price >= patient.price and strict.decision.oldest_wait == 0


def test_a_dear_way_turns_a_line_to_the_other_warehouse(county: Joint) -> None:
    """The second round knows what the stops cost; the answer is never worse than the first."""
    for seed in range(3):
        found = decide(joint_county(SMALL, seed=seed), params=COUNTED)
        assert found.total <= found.history[0]


def test_what_nobody_sells_is_said(county: Joint) -> None:
    with pytest.raises(ValueError, match="nobody supplies"):
        decide(replace(county, offers=()), params=COUNTED)
    with pytest.raises(Refused, match=r"lines\[0\]"):
        replace(county, items=())


def test_the_commands_generate_and_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "joint.json"
    sizes = ["--warehouses", "2", "--recipients", "5", "--lines", "8", "--vehicles", "1"]
    assert main(["generate", "--joint", *sizes, "--seed", "1", "--out", str(file)]) == 0
    assert main(["joint", str(file), "--seconds", "1", "--rounds", "1"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert said["total"] >= said["lower_bound"] > 0 and said["goes"] + said["waits"] == 8
