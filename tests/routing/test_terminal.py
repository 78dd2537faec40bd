"""A search on a real terminal: it shows what it has, and a Ctrl-C ends it with the best plan so far."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routing.generate import Size, county
from routing.problem import dumps
from routing.solver import Progress
from routing.stop import CalledOff
from routing.terminal import said

HOME = Path(__file__).parents[2]


def shown_until(terminal: int, wanted: str, seconds: float) -> str:
    """What a terminal shows until it shows this."""
    seen, end = "", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65_536).decode(errors="replace")
    return seen


def test_ctrl_c_ends_the_search_and_keeps_the_best_plan(tmp_path: Path) -> None:
    problem, plan = tmp_path / "county.json", tmp_path / "plan.json"
    problem.write_text(dumps(county(Size(4, 20, 30, 4), seed=5)), encoding="utf-8")
    command = [sys.executable, "-m", "routing", "solve", str(problem), "--seconds", "300", "--out", str(plan)]
    terminal, theirs = pty.openpty()
    search = subprocess.Popen(
        command, cwd=HOME, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True, text=True
    )
    os.close(theirs)
    try:
        seen = shown_until(terminal, "gap", 120)
        os.killpg(search.pid, signal.SIGINT)  # a terminal sends it to everybody in front of it
        out, _ = search.communicate(timeout=120)
    finally:
        search.kill()
        os.close(terminal)
    assert "gap" in seen and "/ 300 s" in seen
    said = json.loads(out.strip().splitlines()[-1])
    assert search.returncode == 0 and said["violations"] == 0 and said["seconds"] < 300
    assert plan.exists() and said["owed"] == 0


def test_the_second_ctrl_c_stops_at_once() -> None:
    called_off = CalledOff()
    assert not called_off()
    called_off.hear(signal.SIGINT, None)
    assert called_off()
    with pytest.raises(KeyboardInterrupt):
        called_off.hear(signal.SIGINT, None)


@pytest.mark.parametrize(
    ("progress", "scale", "text"),
    [
        (Progress(12_345, 1.0, 0, 1), 1, "12,345"),
        (Progress(12_345, 1.0, 0, 1, 11_728), 1, "12,345 (gap 5.0 %)"),
        (Progress(12_345, 1.0, 2, 1, 11_728), 10, "1,234.5, 2 owed"),
    ],
)
def test_the_line_says_cost_and_gap_or_what_is_owed(progress: Progress, scale: int, text: str) -> None:
    assert said(progress, scale) == text
