"""Instances as their families write them; the conventions hold to the last digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.engine import choose
from routing.generate import Size, county
from routing.problem import Problem, Refused, Window
from routing.read import problem_text, with_objective
from routing.solver import Params, solve_with

CVRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 0 5
DEMAND_SECTION
1 0
2 4
3 6
4 5
DEPOT_SECTION
 1
 -1
EOF
"""
VRPTW = """NAME: timed
TYPE: VRPTW
DIMENSION: 3
VEHICLES: 2
CAPACITY: 10
SERVICE_TIME: 10
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 2 0
DEMAND_SECTION
1 0
2 4
3 4
TIME_WINDOW_SECTION
1 0 100
2 5 20
3 0 90
DEPOT_SECTION
1
EOF
"""
SOLOMON = """T1

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.   XCOORD.   YCOORD.   DEMAND    READY TIME   DUE DATE   SERVICE TIME

    0      0         0          0          0        230          0
    1      3         4          6          0        204         10
    2      0         5          6          0        202         10
"""
LILIM = """2\t10\t1
0\t0\t0\t0\t0\t230\t0\t0\t0
1\t3\t4\t-6\t0\t204\t10\t2\t0
2\t0\t5\t6\t0\t202\t10\t0\t1
"""
CORDEAU = """2 1 2 2
100 10
0 10
1 3 4 2 6 1 1 1
2 0 5 2 6 1 1 1
3 0 0 0 0 0 0
4 1 1 0 0 0 0
"""


def read(text: str) -> Problem:
    return problem_text(text.encode(), "name")


def test_cvrp_rounds_to_whole_units() -> None:
    problem = read(CVRP)
    table = problem.profiles[0].metres
    assert table is not None and table.values[0].tolist() == [0, 5, 10, 5]
    assert [job.amount for job in problem.jobs] == [(4,), (6,), (5,)]
    plan = solve_with(problem, Params(seconds=1, isolated=False))
    assert (plan.metres, plan.cost.total, len(plan.routes)) == (30, 30, 2)


def test_vrptw_cuts_after_one_decimal() -> None:
    problem = read(VRPTW)
    table = problem.profiles[0].metres
    assert table is not None and table.values[0].tolist() == [0, 14, 20] and problem.scale == 10
    assert problem.jobs[0].delivery is not None
    assert problem.jobs[0].delivery.windows == (Window(50, 200),)
    assert problem.jobs[0].delivery.service_seconds == 100
    assert problem.vehicles[0].shift == Window(0, 1000)


def test_solomon_counts_vehicles_first_and_distance_on_request() -> None:
    problem = read(SOLOMON)
    table = problem.profiles[0].metres
    assert table is not None and int(table.values[1, 2]) == 3162
    assert problem.vehicles[0].fixed_price == 10**9
    assert with_objective(problem, "distance").vehicles[0].fixed_price == 0
    assert with_objective(problem, "cost") is problem


def test_lilim_lines_become_pairs() -> None:
    (job,) = read(LILIM).jobs
    assert job.pickup is not None and job.delivery is not None
    assert (job.id, job.pickup.location, job.delivery.location, job.amount) == ("2-1", "2", "1", (6,))


def test_cordeau_places_depots_after_customers() -> None:
    problem = read(CORDEAU)
    assert [vehicle.start for vehicle in problem.vehicles] == ["2", "3"]
    assert [vehicle.max_seconds for vehicle in problem.vehicles] == [100_000, None]
    assert problem.jobs[0].delivery is not None and problem.jobs[0].delivery.service_seconds == 2_000


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        CVRP.replace("CVRP", "TSPTW"),
        CVRP.replace("DEPOT_SECTION", "RELOAD_SECTION"),
        CVRP.replace("2 3 4", "2 three 4"),
        CVRP.replace("EUC_2D", "EXPLICIT"),
        CORDEAU.replace("2 1 2 2", "5 1 2 2", 1),
        CORDEAU.replace("4 1 1 0 0 0 0\n", ""),
        LILIM.replace("\t0\t1\n", "\t9\t9\n"),
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(text)


@pytest.mark.parametrize("text", [CVRP, VRPTW, SOLOMON, LILIM, CORDEAU])
def test_solve_takes_any_of_them(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "instance.txt"
    path.write_text(text, encoding="utf-8")
    assert main(["solve", str(path), "--seconds", "1", "--objective", "distance"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert said["violations"] == 0 and said["owed"] == 0
    assert said["lower_bound"] is None or said["lower_bound"] <= said["cost"]


def test_the_choice_of_an_engine_is_explained() -> None:
    plain, pairs = choose(read(CVRP)), choose(read(LILIM))
    assert plain.name == pairs.name == "pyvrp" and "pyvrp models all of it" in plain.reason
    several = choose(county(Size(2, 4, 6, 1), seed=1))
    assert several.name == "ruin" and "pyvrp does not model several windows" in several.reason
