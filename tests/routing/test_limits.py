"""A search that hangs, starves, is orphaned or called off: the limit holds and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from routing.checker import check
from routing.distances import completed
from routing.generate import Size, county
from routing.problem import Problem, dumps
from routing.solver import EngineDied, Params, Progress, solve, solve_with
from tests.routing.town import QUICK, town

COUNTY = Size(warehouses=4, recipients=20, pairs=30, vehicles=4)


def children(pid: int) -> list[int]:
    """Processes started by any thread of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_search_apart_gives_what_it_came_by_last() -> None:
    """Its last improvements follow so closely on each other that it told only the first of them."""
    apart = solve_with(town(), replace(QUICK, isolated=True))
    here = solve_with(town(), QUICK)
    assert (apart.routes, apart.iterations) == (here.routes, here.iterations)


def test_a_frozen_search_is_killed_and_its_best_plan_survives() -> None:
    problem = county(COUNTY, seed=5)
    frozen: list[int] = []
    others = set(children(os.getpid()))

    def freeze(_: Progress) -> None:
        if not frozen:
            frozen.extend(set(children(os.getpid())) - others)
            for child in frozen:
                os.kill(child, signal.SIGSTOP)

    begun = time.monotonic()
    plan = solve(problem, seconds=3, on_progress=freeze)
    assert time.monotonic() - begun < 3 + 2 + os.getloadavg()[0] / 4
    assert frozen and not any(alive(child) for child in frozen)
    assert plan.routes and check(completed(problem), plan) == []


def test_a_search_that_is_called_off_ends_at_once_and_says_why() -> None:
    class Cancelled(Exception):
        pass

    begun, others = time.monotonic(), set(children(os.getpid()))
    with pytest.raises(Cancelled):
        solve(county(COUNTY, seed=5), seconds=30, on_progress=lambda _: (_ for _ in ()).throw(Cancelled()))
    assert time.monotonic() - begun < 15
    assert set(children(os.getpid())) <= others


def test_a_search_without_memory_dies_alone() -> None:
    big = county(Size(warehouses=4, recipients=400, pairs=700, vehicles=40), seed=5)
    with pytest.raises(EngineDied):
        solve_with(big, Params(seconds=120, memory_mb=256, engine="ortools"))


def test_an_orphan_dies_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "problem.json").write_text(dumps(county(COUNTY, seed=5)), encoding="utf-8")
    command = [sys.executable, "-m", "routing", "solve", str(tmp_path / "problem.json"), "--seconds", "60"]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    try:
        deadline = time.monotonic() + 20
        orphans: list[int] = []
        while not orphans and time.monotonic() < deadline:
            orphans = children(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 5
    while any(alive(orphan) for orphan in orphans) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert orphans and not any(alive(orphan) for orphan in orphans)


@pytest.mark.parametrize("seconds", [1, 3])
def test_the_clock_on_the_wall_is_kept(seconds: int) -> None:
    problem = county(Size(warehouses=8, recipients=60, pairs=100, vehicles=10), seed=6)
    solve(problem, seconds=seconds)  # the first call also loads what later calls find loaded
    crowd = os.getloadavg()[0] / 4  # on a shared machine every step of ours waits its turn
    begun = time.monotonic()
    plan = solve(problem, seconds=seconds)
    assert time.monotonic() - begun < seconds * 1.05 + 0.25 + crowd
    assert check(completed(problem), plan) == []


def test_nothing_to_plan_is_planned_at_once(small: Problem) -> None:
    import dataclasses

    begun = time.monotonic()
    idle = solve(dataclasses.replace(small, jobs=()), seconds=30)
    stuck = solve(dataclasses.replace(small, vehicles=()), seconds=30)
    assert time.monotonic() - begun < 5
    assert idle.routes == stuck.routes == ()
    assert {item.job for item in stuck.owed} == {"rice", "coats", "books"}


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": 1e9}, {"iterations": 0}, {"memory_mb": 1}])
def test_senseless_limits_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Params(**wrong)  # type: ignore[arg-type]
