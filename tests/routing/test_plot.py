"""A plan as a picture: everything is in it, under its name, where it belongs."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

from routing.plan import Appraiser, Plan, build
from routing.plot import FEW_ROUTES, MOST_KEYS, svg
from routing.problem import Job, Location, Problem, Sequence, Task, acts_of
from tests.routing.county import LORRY, VAN, pair, road

NAME = "{http://www.w3.org/2000/svg}"


def drawn(problem: Problem, plan: Plan | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(svg(problem, plan))


def planned(problem: Problem, jobs: tuple[Job, ...]) -> Plan:
    return build(
        Appraiser(problem), (Sequence(v.id, acts_of(j)) for v, j in zip(problem.vehicles, jobs, strict=False))
    )


def test_routes_have_a_key_and_what_is_left_out_a_ring() -> None:
    jobs = (pair("rice", "near"), pair("coats", "far"), pair("lamp", "middle"))
    problem = road(jobs, (replace(VAN, id="van <1>"), LORRY), name="Tuesday & more")
    picture = drawn(problem, planned(problem, jobs[:2]))
    texts = [text.text for text in picture.iter(f"{NAME}text")]
    assert texts[0] == "Tuesday & more" and "van <1>" in texts and "lorry" in texts
    assert "2 stops · 20.0 km" in texts and "1 left out, 1 of them owed" in texts
    rings = [circle for circle in picture.iter(f"{NAME}circle") if circle.get("fill") == "none"]
    assert len(rings) == 2  # at the middle and in the key
    assert len(list(picture.iter(f"{NAME}polyline"))) == 4  # each over a light edge


def test_places_without_coordinates_are_laid_out_by_their_distances() -> None:
    picture = drawn(road((pair("rice", "near"),)))
    spots = {
        mark.find(f"{NAME}title").text: float(mark.get("cx") or float(mark.get("x") or 0) + 6)  # type: ignore[union-attr]
        for mark in [*picture.iter(f"{NAME}circle"), *list(picture.iter(f"{NAME}rect"))[1:]]
    }
    line = [spots[name] for name in ("depot", "near", "middle", "far")]
    steps = [abs(b - a) for a, b in itertools.pairwise(line)]
    assert max(steps) - min(steps) < 1 and abs(line[3] - line[0]) > 2.9 * steps[0]


def test_many_routes_are_drawn_quietly_and_their_key_ends_somewhere() -> None:
    count = MOST_KEYS + 5
    places = (Location("depot", 105, 25), *(Location(f"p{n}", 105 + n / 100, 25.1) for n in range(count)))
    fleet = tuple(replace(VAN, id=f"v{n}") for n in range(count))
    jobs = tuple(Job(f"j{n}", (1,), delivery=Task(f"p{n}")) for n in range(count))
    from routing.distances import completed

    problem = completed(Problem(places, fleet, jobs, dimensions=("grams",)))
    texts = [text.text for text in drawn(problem, planned(problem, jobs)).iter(f"{NAME}text")]
    assert count > FEW_ROUTES and "and 5 more" in texts and f"v{count - 1}" not in texts


def test_nothing_is_drawn_as_nothing() -> None:
    assert drawn(Problem((), (), ())).tag == f"{NAME}svg"
