"""The command line as an engineer uses it: files in, one JSON object on the last line out."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.problem import dumps

KEYS = {"cost", "distance", "vehicles", "lower_bound", "gap", "engine", "seconds", "violations"}


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """A problem and its plan, made by the commands themselves."""
    problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
    size = ["--warehouses", "2", "--recipients", "6", "--pairs", "8", "--vehicles", "2"]
    assert main(["generate", *size, "--seed", "3", "--out", str(problem)]) == 0
    assert main(["solve", str(problem), "--seconds", "2", "--out", str(plan)]) == 0
    return problem, plan


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return found


def test_solve_says_all_in_its_last_line(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = last_line(capsys)
    assert said.keys() >= KEYS
    assert said["violations"] == 0 and said["engine"] == "ruin"
    assert 0 < int(str(said["lower_bound"])) <= int(str(said["cost"]))


def test_check_passes_the_plan_and_refuses_a_forged_one(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    problem, plan = files
    assert main(["check", str(problem), str(plan)]) == 0
    forged = json.loads(plan.read_text(encoding="utf-8"))
    forged["cost"]["km"] -= 1
    plan.write_text(json.dumps(forged), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", str(problem), str(plan)]) == 1
    assert last_line(capsys)["violations"] == 1


def test_bound_explain_and_plot(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    problem, plan = files
    cost = int(str(last_line(capsys)["cost"]))
    assert main(["bound", str(problem)]) == 0
    bound = last_line(capsys)
    assert bound["method"] == "flows"  # of many stops on one route
    assert 0 < int(str(bound["lower_bound"])) <= cost
    assert main(["explain", str(problem), str(plan)]) == 0
    assert "yuan" in capsys.readouterr().out
    assert main(["explain", str(problem), str(plan), "--job", "pair-0"]) == 0
    assert "adds" in capsys.readouterr().out
    assert main(["explain", str(problem), str(plan), "--job", "piano"]) == 2
    for arguments in ([str(problem), str(plan)], [str(problem)]):
        assert main(["plot", *arguments]) == 0
        picture = ElementTree.fromstring(capsys.readouterr().out)
        assert picture.tag.endswith("svg") and len(picture) > 8


def test_schema_prints_both_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    for of, field in (("problem", "jobs"), ("plan", "routes")):
        assert main(["schema", of]) == 0
        schema = json.loads(capsys.readouterr().out)
        name = schema["$ref"].rsplit("/", 1)[1]
        assert field in schema["$defs"][name]["properties"]


def test_nonsense_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"locations": [], "vehicles": [], "jobs": [{}]}', encoding="utf-8")
    assert main(["solve", str(path)]) == 2
    assert capsys.readouterr().err == "refused: jobs[0].id: missing\n"
    assert main(["solve", str(tmp_path / "none.json")]) == 2
    assert main(["solve", str(path), "--seconds", "-1"]) == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.json"
    assert main(["bound", str(missing)]) == 2
    assert capsys.readouterr().err == f"{missing}: No such file or directory\n"


def test_an_unknown_engine_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from routing.generate import Size, county

    path = tmp_path / "problem.json"
    path.write_text(dumps(county(Size(2, 3, 3, 1))), encoding="utf-8")
    assert main(["solve", str(path), "--engine", "crystal ball"]) == 2
    assert "no engine 'crystal ball'" in capsys.readouterr().err


def test_bench_sets_engines_side_by_side(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    problem, plan = files
    best = json.loads(plan.read_text(encoding="utf-8"))["cost"]
    known = {"problem": {"bks": sum(best.values())}}
    (problem.parent / "bks.json").write_text(json.dumps(known), encoding="utf-8")
    capsys.readouterr()
    assert main(["bench", str(problem), "--engines", "ruin", "ortools", "--seconds", "1"]) == 0
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert "gap %" in head and [row.split(" | ")[1] for row in rows] == ["ruin", "ortools"]
    for row in rows:
        cost, gap = int(row.split(" | ")[3]), float(row.split(" | ")[6])
        assert gap == round(100 * (cost / sum(best.values()) - 1), 2)


def test_a_search_loads_nothing_that_it_does_not_use() -> None:
    """CP-SAT and an HTTP client take a second and a half of processor time, which counts as search."""
    heavy = "{'pandas', 'httpx', 'ortools.sat.python.cp_model', 'pyvrp'}"
    code = f"import sys, routing.__main__; sys.exit(' '.join({heavy} & sys.modules.keys()) or 0)"
    home = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
