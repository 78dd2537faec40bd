"""Carriers' families and what goes beside a problem: tables in .npz, plans as .sol, formats in and out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvrp

from routing.__main__ import main
from routing.checker import check
from routing.convert import save
from routing.distances import completed
from routing.engine import choose
from routing.generate import Size, county
from routing.problem import Group, Problem, Refused, Task, Window, dumps
from routing.read import problem_file, problem_text, solution_file
from routing.solver import Params, solve_with
from tests.routing.county import VAN, pair, road

ORTEC = """NAME : tiny-asym
COMMENT : ORTEC
TYPE : VRPTW
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
VEHICLES : 2
EDGE_WEIGHT_FORMAT : FULL_MATRIX
CAPACITY : 10
EDGE_WEIGHT_SECTION
0\t100\t250
110\t0\t90
240\t95\t0
NODE_COORD_SECTION
1\t0\t0
2\t5\t5
3\t9\t9
DEMAND_SECTION
1\t0
2\t4
3\t6
DEPOT_SECTION
1
-1
SERVICE_TIME_SECTION
1\t0
2\t60
3\t30
TIME_WINDOW_SECTION
1\t0\t3600
2\t200\t300
3\t0\t3600
EOF
"""
JD = """NAME : tiny_1
TYPE : VRPSDPTW
DIMENSION : 3
VEHICLES : 500
DISPATCHINGCOST : 300
UNITCOST : 0.014
CAPACITY : 2.5
EDGE_WEIGHT_TYPE : EXPLICIT
NODE_SECTION
0,0,0,0,960,0
1,2.000000,0.600000,60,240,30
2,0.500000,1.300001,0,480,30
DISTANCETIME_SECTION
0,1,10000,15
0,2,20000,25
1,0,11000,16
1,2,12000,14
2,0,21000,26
2,1,13000,17
DEPOT_SECTION
0
"""
LOGGI = {
    "name": "tiny-rj",
    "region": "rj",
    "origin": {"lng": -43.3, "lat": -22.8},
    "vehicle_capacity": 10,
    "deliveries": [
        {"id": "a", "point": {"lng": -43.2, "lat": -22.9}, "size": 6},
        {"id": "b", "point": {"lng": -43.25, "lat": -22.85}, "size": 5},
    ],
}
MTVRPTWR = """NAME: tiny-trips
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 1
CAPACITY: 10
SERVICE_TIME: 10
NODE_COORD_SECTION
1\t0\t0
2\t3\t4
3\t6\t8
4\t0\t2.55
DEMAND_SECTION
1\t0
2\t6
3\t6
4\t4
TIME_WINDOW_SECTION
1\t0\t500
2\t0\t300
3\t0\t300
4\t0\t300
RELEASE_TIME_SECTION
1\t0
2\t0
3\t50
4\t0
VEHICLES_RELOAD_DEPOT_SECTION
1\t1
DEPOT_SECTION
1
-1
EOF
"""
PRIZES = """NAME : tiny-prizes
TYPE : PCVRPTW
DIMENSION : 3
VEHICLES : 1
CAPACITY : 10
SERVICE_TIME : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 0 10
3 0 90
DEMAND_SECTION
1 0
2 1
3 1
TIME_WINDOW_SECTION
1 0 1000
2 0 900
3 0 900
PRIZE_SECTION
1 0
2 0
3 30
DEPOT_SECTION
1
-1
EOF
"""
QUICK = Params(seconds=5, iterations=200, isolated=False)


def read(text: str) -> Problem:
    return problem_text(text.encode(), "name")


def test_ortec_tables_and_clocks_are_taken_as_they_are() -> None:
    problem = read(ORTEC)
    table = problem.profiles[0].metres
    assert table is not None and table.values.tolist() == [[0, 100, 250], [110, 0, 90], [240, 95, 0]]
    assert problem.scale == 1 and problem.jobs[0].delivery == Task("1", (Window(200, 300),), 60)
    plan = solve_with(problem, QUICK)
    assert plan.cost.total == plan.metres == 100 + 90 + 240


def test_jd_customers_give_and_get_in_one_visit_and_cost_yuan() -> None:
    problem = read(JD)
    metres, seconds = problem.profiles[0].metres, problem.profiles[0].seconds
    assert metres is not None and seconds is not None
    assert (metres.values[2, 1], seconds.values[2, 1]) == (13_000, 17 * 60)
    first, second = problem.jobs
    assert (first.amount, first.returns, second.returns) == ((2_000_000,), (600_000,), (1_300_001,))
    assert first.delivery == Task("1", (Window(3_600, 14_400),), 1_800)
    assert len(problem.vehicles) == 2
    plan = solve_with(problem, QUICK)
    # 2.0 + 0.5 t fit going out; 0.6 + 0.5 t, then 0.6 + 1.3 t on the way fit too.
    assert plan.cost.total == 30_000 + (10_000 + 12_000 + 21_000) * 14 // 10
    assert (problem.scale, problem.cost_scale) == (1, 100)
    heavy = replace(problem, jobs=(first, replace(second, returns=(1_900_001,))))
    assert len(solve_with(heavy, QUICK).routes) == 2


def test_loggi_has_no_roads_and_says_how_they_were_made() -> None:
    problem = completed(problem_text(json.dumps(LOGGI).encode()))
    assert problem.name == "tiny-rj" and [job.amount for job in problem.jobs] == [(6,), (5,)]
    assert problem.profiles[0].method == "geodesic x 1.30 plain"
    plan = solve_with(problem, QUICK)
    assert len(plan.routes) == 2 and plan.cost.total == plan.metres
    with pytest.raises(Refused, match="vehicle_capacity"):
        problem_text(json.dumps(LOGGI | {"vehicle_capacity": 0}).encode())
    with pytest.raises(Refused, match="deliveries"):
        problem_text(json.dumps(LOGGI | {"deliveries": [{"id": "a"}]}).encode())


def test_one_vehicle_comes_home_and_loads_again_when_the_rest_is_ready() -> None:
    problem = read(MTVRPTWR)
    assert [job.release for job in problem.jobs] == [0, 500, 0] and problem.scale == 1
    assert problem.vehicles[0].reloads == (Task("0"),)
    plan = solve_with(problem, QUICK)
    assert not plan.unserved and check(problem, plan) == []
    assert plan.cost.total == 100 + 25 + 81 + 100  # tenths, cut: 0-1-0, then 0-3-2-0
    assert "reloads" in plan.engine_reason or plan.engine == "pyvrp"


def test_a_customer_without_a_prize_must_be_served() -> None:
    problem = read(PRIZES)
    assert [job.tariff for job in problem.jobs] == [None, 300]
    plan = solve_with(problem, QUICK)
    assert plan.cost.total == 200 + 300 and [item.job for item in plan.unserved] == ["2"]


def test_a_solution_file_is_checked_against_the_cost_it_states(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance, solution = tmp_path / "tiny.txt", tmp_path / "tiny.sol"
    instance.write_text(ORTEC, encoding="utf-8")
    solution.write_text("Route 1 : 1 2\nCost 430\n", encoding="utf-8")
    assert main(["check", str(instance), str(solution)]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said == {"violations": 0, "cost": 430, "stated_cost": 430.0}
    solution.write_text("Route #1: 2 1\nCost 1\n", encoding="utf-8")
    assert main(["check", str(instance), str(solution)]) == 1
    assert "window" in capsys.readouterr().out
    solution.write_text("Route #1: 1\nCost 210\n", encoding="utf-8")
    assert main(["check", str(instance), str(solution)]) == 0
    for text in ("Route 1: 7\n", "hello", "{", "Route 1: 1\nRoute 2: 2\nRoute 3: \n"):
        solution.write_text(text, encoding="utf-8")
        with pytest.raises(Refused):
            solution_file(solution, problem_file(instance))


def test_pairs_and_trips_are_read_from_solutions(tmp_path: Path) -> None:
    path = tmp_path / "trips.sol"
    path.write_text("Route #1: 1 0 3 2\nCost 306\n", encoding="utf-8")
    problem = read(MTVRPTWR)
    found = solution_file(path, problem)
    assert found.plan.cost.total == found.stated_cost == 306 and check(problem, found.plan) == []


def test_tables_lie_in_a_file_beside_the_problem(tmp_path: Path) -> None:
    problem = completed(county(Size(2, 6, 8, 2), seed=3))
    files = save(problem, tmp_path / "county.json", "npz")
    assert [path.name for path in files] == ["county.json", "county.npz"]
    assert problem_file(files[0]) == problem
    assert len(files[0].read_text(encoding="utf-8")) < len(dumps(problem))
    with pytest.raises(Refused, match=r"profiles\[0\].metres"):
        problem_text(files[0].read_bytes())


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({"npz": "../county.npz", "array": "good"}, "profiles[0].metres.npz"),
        ({"npz": "none.npz", "array": "good"}, "profiles[0].metres.npz"),
        ({"npz": "county.npz", "array": "none"}, "profiles[0].metres.array"),
        ({"npz": "broken.npz", "array": "good"}, "profiles[0].metres.npz"),
        ({"npz": "county.npz", "array": "halves"}, "profiles[0].metres"),
        ({"npz": "county.npz", "array": "oblong"}, "profiles[0].metres"),
        ({"npz": "county.npz", "array": "below"}, "profiles[0].metres"),
        ({"npz": "county.npz", "array": "objects"}, "profiles[0].metres.npz"),
        ({"npz": "county.npz", "array": "small"}, "profiles[0].metres"),
        ({"npz": "county.npz"}, "profiles[0].metres"),
    ],
)
def test_a_table_file_that_does_not_fit_is_refused(tmp_path: Path, table: dict[str, str], path: str) -> None:
    good = np.array([[0, 1], [1, 0]], dtype=np.int32)
    np.savez(
        tmp_path / "county.npz",
        good=good,
        halves=good / 2,
        oblong=good[:1],
        below=-good,
        small=good[:1, :1],
        objects=np.array([[{}]], dtype=object),
    )
    (tmp_path / "broken.npz").write_bytes(b"PK no")
    problem = {
        "locations": [{"id": "a"}, {"id": "b"}],
        "vehicles": [],
        "jobs": [],
        "profiles": [{"id": "road", "metres": table, "seconds": [[0, 1], [1, 0]]}],
    }
    file = tmp_path / "county.json"
    file.write_text(json.dumps(problem), encoding="utf-8")
    with pytest.raises(Refused) as refusal:
        problem_file(file)
    assert refusal.value.path == path


@pytest.mark.parametrize("text", [ORTEC, MTVRPTWR, PRIZES])
def test_what_fits_the_dialect_of_pyvrp_comes_back_the_same(text: str, tmp_path: Path) -> None:
    problem = read(text)
    (path,) = save(problem, tmp_path / "out.vrp")
    again = problem_file(path)
    assert (again.jobs, again.vehicles) == (problem.jobs, problem.vehicles)
    assert again.profiles[0].metres == problem.profiles[0].metres
    theirs = pyvrp.read(path)
    assert theirs.num_clients == len(problem.jobs) and theirs.num_vehicles == len(problem.vehicles)
    assert theirs.client(0).prize == (problem.jobs[0].tariff or 0)
    assert [kind.max_reloads > 0 for kind in theirs.vehicle_types() if problem.vehicles[0].reloads] in (
        [],
        [True],
    )


def test_alternatives_go_into_the_dialect_of_pyvrp(tmp_path: Path) -> None:
    problem = replace(read(ORTEC), groups=(Group("either", ("1", "2")),))
    (path,) = save(problem, tmp_path / "out.vrp")
    assert problem_file(path).groups == (Group("group-0", ("1", "2")),)
    assert pyvrp.read(path).num_groups == 1


def test_solomon_takes_what_lies_in_the_plane(tmp_path: Path) -> None:
    from tests.routing.test_read import SOLOMON

    problem = read(SOLOMON)
    (path,) = save(problem, tmp_path / "out.txt")
    again = problem_file(path)
    assert (again.jobs, again.vehicles, again.profiles) == (problem.jobs, problem.vehicles, problem.profiles)
    with pytest.raises(Refused, match="distances"):
        save(read(ORTEC), path)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"vehicles": (replace(VAN, end=None),)}, "vehicles"),
        ({"jobs": ()}, "jobs"),
        ({"jobs": (pair("rice", "near"),)}, "jobs[0].pickup"),
    ],
)
def test_what_a_format_cannot_say_is_refused(tmp_path: Path, changes: dict[str, object], path: str) -> None:
    problem = replace(road((pair("rice", "near"),)), **changes)
    with pytest.raises(Refused) as refusal:
        save(problem, tmp_path / "out.vrp")
    assert refusal.value.path == path
    with pytest.raises(Refused, match="no format"):
        save(problem, tmp_path / "out.doc")


def test_convert_writes_what_solve_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instance = tmp_path / "in.txt"
    instance.write_text(JD, encoding="utf-8")
    assert main(["convert", str(instance), str(tmp_path / "jd.json"), "--to", "npz"]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "jd.json"), str(tmp_path / "jd.npz")]
    assert main(["solve", str(tmp_path / "jd.json"), "--seconds", "1"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["cost"], said["distance"], said["violations"]) == (902.0, 43_000, 0)


def test_goods_taken_back_are_modelled_by_pyvrp() -> None:
    assert choose(read(JD)).name == "pyvrp"
