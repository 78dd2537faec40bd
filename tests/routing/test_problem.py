"""Nonsense at the door: each refusal names the field; what is sound comes back unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from routing.generate import county
from routing.problem import (
    MAX_BYTES,
    MAX_LOCATIONS,
    Problem,
    Refused,
    dumps,
    from_json,
    loads,
    problem_schema,
    to_json,
)
from routing.read import problem_file

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def sound() -> dict[str, Any]:
    return {
        "locations": [{"id": "a", "lon": 105.1, "lat": 25.1}, {"id": "b", "lon": 105.2, "lat": 25.2}],
        "vehicles": [{"id": "v", "start": "a", "end": "a", "capacity": [10, 10]}],
        "jobs": [
            {
                "id": "j",
                "amount": [1, 1],
                "pickup": {"location": "a"},
                "delivery": {"location": "b", "windows": [{"start": 0, "end": 9}, {"start": 20, "end": 29}]},
            },
            {"id": "k", "amount": [1, 1], "delivery": {"location": "b"}},
        ],
    }


NONSENSE: dict[str, tuple[Change, str]] = {
    "no jobs": (lambda p: p.pop("jobs"), "jobs"),
    "an unknown field": (lambda p: p.update(trucks=[]), "trucks"),
    "an unknown field deep down": (lambda p: p["jobs"][0].update(weight=3), "jobs[0].weight"),
    "text for a number": (lambda p: p["vehicles"][0].update(km_price="3"), "vehicles[0].km_price"),
    "true for a number": (lambda p: p["vehicles"][0].update(km_price=True), "vehicles[0].km_price"),
    "half a fen": (lambda p: p["vehicles"][0].update(km_price=0.5), "vehicles[0].km_price"),
    "a negative price": (lambda p: p["vehicles"][0].update(km_price=-1), "vehicles[0].km_price"),
    "an endless price": (lambda p: p["vehicles"][0].update(km_price=10**30), "vehicles[0].km_price"),
    "a list for an object": (lambda p: p["jobs"].insert(0, []), "jobs[0]"),
    "an object for a list": (lambda p: p.update(jobs={}), "jobs"),
    "an empty id": (lambda p: p["jobs"][0].update(id=""), "jobs[0].id"),
    "two jobs of one name": (lambda p: p["jobs"][1].update(id="j"), "jobs[1]"),
    "two places of one name": (lambda p: p["locations"][1].update(id="a"), "locations[1]"),
    "two vehicles of one name": (lambda p: p["vehicles"].append(dict(p["vehicles"][0])), "vehicles[1]"),
    "off the globe": (lambda p: p["locations"][0].update(lat=91), "locations[0].lat"),
    "not a number": (lambda p: p["locations"][0].update(lat=float("nan")), "locations[0].lat"),
    "nowhere": (lambda p: p["locations"][0].pop("lat"), "locations[0].lat"),
    "a job for nobody": (lambda p: p["jobs"][1].pop("delivery"), "jobs[1]"),
    "a job to nowhere": (
        lambda p: p["jobs"][1]["delivery"].update(location="c"),
        "jobs[1].delivery.location",
    ),
    "a van from nowhere": (lambda p: p["vehicles"][0].update(start="c"), "vehicles[0].start"),
    "a van to nowhere": (lambda p: p["vehicles"][0].update(end="c"), "vehicles[0].end"),
    "an unknown profile": (lambda p: p["vehicles"][0].update(profile="sea"), "vehicles[0].profile"),
    "one capacity too few": (lambda p: p["vehicles"][0].update(capacity=[1]), "vehicles[0].capacity"),
    "one amount too many": (lambda p: p["jobs"][0].update(amount=[1, 2, 3]), "jobs[0].amount"),
    "a shift that ends first": (
        lambda p: p["vehicles"][0].update(shift={"start": 5, "end": 4}),
        "vehicles[0].shift",
    ),
    "breaks out of order": (
        lambda p: p["vehicles"][0].update(
            breaks=[
                {"seconds": 1, "window": {"start": 5, "end": 6}},
                {"seconds": 1, "window": {"start": 1, "end": 2}},
            ]
        ),
        "vehicles[0].breaks[1].window",
    ),
    "windows that touch": (
        lambda p: p["jobs"][0]["delivery"]["windows"][1].update(start=9),
        "jobs[0].delivery.windows[1]",
    ),
    "a window that ends first": (
        lambda p: p["jobs"][0]["delivery"]["windows"][0].update(start=10),
        "jobs[0].delivery.windows[0]",
    ),
    "an unknown vehicle allowed": (lambda p: p["jobs"][0].update(vehicles=["w"]), "jobs[0].vehicles[0]"),
    "a lock on no job": (lambda p: p.update(locks=[{"job": "x", "vehicle": "v"}]), "locks[0].job"),
    "a lock on no vehicle": (lambda p: p.update(locks=[{"job": "j", "vehicle": "x"}]), "locks[0].vehicle"),
    "two locks on a job": (lambda p: p.update(locks=[{"job": "j", "vehicle": "v"}] * 2), "locks[1]"),
    "a prefix of no vehicle": (
        lambda p: p.update(prefixes=[{"vehicle": "x", "acts": []}]),
        "prefixes[0].vehicle",
    ),
    "a prefix that delivers first": (
        lambda p: p.update(prefixes=[{"vehicle": "v", "acts": [{"job": "j", "kind": "delivery"}]}]),
        "prefixes[0].acts[0]",
    ),
    "a prefix with half a job that has none": (
        lambda p: p.update(prefixes=[{"vehicle": "v", "acts": [{"job": "k", "kind": "pickup"}]}]),
        "prefixes[0].acts[0].kind",
    ),
    "an unknown act": (
        lambda p: p.update(initial=[{"vehicle": "v", "acts": [{"job": "j", "kind": "steal"}]}]),
        "initial[0].acts[0].kind",
    ),
    "an act twice": (
        lambda p: p.update(initial=[{"vehicle": "v", "acts": [{"job": "k", "kind": "delivery"}] * 2}]),
        "initial[0].acts[1]",
    ),
    "a reload nowhere": (
        lambda p: p["vehicles"][0].update(reloads=[{"location": "c"}]),
        "vehicles[0].reloads[0].location",
    ),
    "two reloads at one place": (
        lambda p: p["vehicles"][0].update(reloads=[{"location": "a"}] * 2),
        "vehicles[0].reloads[1]",
    ),
    "no trip at all": (lambda p: p["vehicles"][0].update(max_trips=0), "vehicles[0].max_trips"),
    "a pair that takes back": (lambda p: p["jobs"][0].update(returns=[1, 1]), "jobs[0].returns"),
    "half of what comes back": (lambda p: p["jobs"][1].update(returns=[1]), "jobs[1].returns"),
    "a group of nobody": (lambda p: p.update(groups=[{"id": "g", "jobs": []}]), "groups[0].jobs"),
    "a group of strangers": (lambda p: p.update(groups=[{"id": "g", "jobs": ["x"]}]), "groups[0].jobs[0]"),
    "a job in two groups": (
        lambda p: p.update(groups=[{"id": "g", "jobs": ["j"]}, {"id": "h", "jobs": ["k", "j"]}]),
        "groups[1].jobs[1]",
    ),
    "two groups of one name": (
        lambda p: p.update(groups=[{"id": "g", "jobs": ["j"]}, {"id": "g", "jobs": ["k"]}]),
        "groups[1]",
    ),
    "two prices for one choice": (
        lambda p: (p["jobs"][0].update(tariff=3), p.update(groups=[{"id": "g", "jobs": ["j"]}])),
        "groups[0].jobs[0]",
    ),
    "a beginning with two alternatives": (
        lambda p: p.update(
            groups=[{"id": "g", "jobs": ["j", "k"]}],
            prefixes=[
                {"vehicle": "v", "acts": [{"job": "j", "kind": "pickup"}, {"job": "k", "kind": "delivery"}]}
            ],
        ),
        "prefixes[0].acts[1].job",
    ),
    "an order of reloads": (
        lambda p: p.update(
            orders=[{"vehicle": "v", "acts": [{"job": "", "kind": "reload", "location": "a"}]}]
        ),
        "orders[0].acts[0].kind",
    ),
    "an order that delivers first": (
        lambda p: p.update(
            orders=[
                {"vehicle": "v", "acts": [{"job": "j", "kind": "delivery"}, {"job": "j", "kind": "pickup"}]}
            ]
        ),
        "orders[0].acts[1]",
    ),
    "a lock against an order": (
        lambda p: (
            p["vehicles"].append({**p["vehicles"][0], "id": "w"}),
            p.update(
                locks=[{"job": "j", "vehicle": "w"}],
                orders=[{"vehicle": "v", "acts": [{"job": "j", "kind": "pickup"}]}],
            ),
        ),
        "orders[0].acts[0].job",
    ),
    "a reload where there is none": (
        lambda p: p.update(
            prefixes=[{"vehicle": "v", "acts": [{"job": "", "kind": "reload", "location": "a"}]}]
        ),
        "prefixes[0].acts[0].location",
    ),
    "a reload of a job": (
        lambda p: p.update(
            initial=[{"vehicle": "v", "acts": [{"job": "j", "kind": "reload", "location": "a"}]}]
        ),
        "initial[0].acts[0].job",
    ),
    "an act of no job": (
        lambda p: p.update(initial=[{"vehicle": "v", "acts": [{"job": "", "kind": "pickup"}]}]),
        "initial[0].acts[0].job",
    ),
    "a pickup that names its place": (
        lambda p: p.update(
            initial=[{"vehicle": "v", "acts": [{"job": "j", "kind": "pickup", "location": "a"}]}]
        ),
        "initial[0].acts[0].location",
    ),
    "no dimension": (lambda p: p.update(dimensions=[]), "dimensions"),
    "no profile": (lambda p: p.update(profiles=[]), "profiles"),
    "a table too small": (
        lambda p: p.update(profiles=[{"id": "road", "metres": [[0]]}]),
        "profiles[0].metres",
    ),
    "a ragged table": (
        lambda p: p.update(profiles=[{"id": "road", "metres": [[0, 1], [0]]}]),
        "profiles[0].metres[1]",
    ),
    "a negative way": (
        lambda p: p.update(profiles=[{"id": "road", "metres": [[0, -1], [1, 0]]}]),
        "profiles[0].metres[0][1]",
    ),
    "a way beyond int32": (
        lambda p: p.update(profiles=[{"id": "road", "seconds": [[0, 2**31], [1, 0]]}]),
        "profiles[0].seconds[0][1]",
    ),
    "a later version": (lambda p: p.update(version=2), "version"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_with_the_path_of_the_field(sound: dict[str, Any], name: str) -> None:
    change, path = NONSENSE[name]
    from_json(sound)
    change(sound)
    with pytest.raises(Refused) as refusal:
        from_json(sound)
    assert refusal.value.path == path


def test_a_problem_comes_back_as_it_went_out() -> None:
    problem = county(seed=4)
    assert loads(dumps(problem)) == problem


def test_more_than_twenty_thousand_places_are_refused(sound: dict[str, Any]) -> None:
    sound["locations"] = [{"id": str(number), "lon": 0, "lat": 0} for number in range(MAX_LOCATIONS + 1)]
    with pytest.raises(Refused, match="20001 locations"):
        from_json(sound)


def test_more_than_64_mb_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Refused, match="bytes"):
        problem_file(path)
    with pytest.raises(Refused, match="bytes"):
        loads(b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, b"\xff"])
def test_what_is_no_problem_is_refused(text: str | bytes) -> None:
    with pytest.raises(Refused):
        loads(text)


def test_the_published_schema_is_the_one_that_holds() -> None:
    published = Path(__file__).parents[2] / "routing" / "problem" / "schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == problem_schema()


def test_the_schema_admits_what_we_write_and_not_what_we_refuse(sound: dict[str, Any]) -> None:
    validators = pytest.importorskip("jsonschema_rs")
    validator = validators.validator_for(problem_schema())
    assert validator.is_valid(to_json(county(seed=4)))
    sound["jobs"][0]["weight"] = 3
    assert not validator.is_valid(sound)


def test_a_problem_does_not_change(small: Problem) -> None:
    table = small.profiles[0].metres
    assert table is not None
    with pytest.raises(ValueError, match="read-only"):
        table.values[0, 1] = 7
