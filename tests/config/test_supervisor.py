"""The supervisor brings back what dies, later each time, and ends all it started and nothing else."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from backend.config.services.children import Child
from backend.config.services.supervisor import FIRST_WAIT, LONGEST_WAIT, STEADY, Supervisor, Watched
from backend.config.services.tail import Tail, shorten
from tests.live import eventually


def child(tmp_path: Path, words: str = "exec sleep 60") -> Child:
    return Child("web", ["/bin/sh", "-c", words], tmp_path / "web.log")


def ended(watched: Watched) -> None:
    assert watched.child.process is not None
    watched.child.process.kill()
    watched.child.process.wait()


def test_a_dead_child_starts_again_after_a_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched(child(tmp_path), began=100)
    watched.child.start()
    ended(watched)
    watched.look(now=101)
    assert not watched.child.running and "ended (by SIGKILL)" in capsys.readouterr().out
    watched.look(now=101 + 2 * FIRST_WAIT)
    assert watched.child.running
    watched.child.stop()


def test_it_waits_longer_each_time_it_dies_young_and_never_too_long(tmp_path: Path) -> None:
    watched = Watched(child(tmp_path, "exit 1"), began=0)
    waits, now = [], 0.0
    watched.child.start()
    for _ in range(9):
        assert watched.child.process is not None
        watched.child.process.wait()
        watched.look(now)
        waits.append(watched.wait)
        now += watched.wait
        watched.look(now)
    assert waits == sorted(waits) and waits[0] == 2 * FIRST_WAIT and waits[-1] == LONGEST_WAIT


def test_a_steady_life_is_forgiven(tmp_path: Path) -> None:
    watched = Watched(child(tmp_path, "exit 1"), wait=LONGEST_WAIT, began=0)
    watched.child.start()
    assert watched.child.process is not None
    watched.child.process.wait()
    watched.look(now=STEADY + 1)
    assert watched.wait == FIRST_WAIT


def test_what_a_dead_leader_left_is_swept(tmp_path: Path) -> None:
    """A killed server's own workers would keep its port."""
    leader = child(tmp_path, "sleep 60 & echo $!; wait")
    leader.start()
    eventually(lambda: leader.log.read_text().strip())
    left = int(leader.log.read_text())
    watched = Watched(leader)
    ended(watched)
    watched.look(time.monotonic())
    eventually(lambda: not Path(f"/proc/{left}").exists() or " Z " in Path(f"/proc/{left}/stat").read_text())


def test_stopping_ends_ours_and_nothing_else(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    supervisor = Supervisor()
    supervisor.start(child(tmp_path))
    supervisor.stop()
    assert not supervisor.watched[0].child.running
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_child_that_will_not_stop_is_ended(tmp_path: Path) -> None:
    stubborn = child(tmp_path, "trap '' TERM; echo deaf; while :; do sleep 1; done")
    stubborn.start()
    eventually(lambda: "deaf" in stubborn.log.read_text())
    stubborn.stop(seconds=0.3)
    assert stubborn.process is not None and stubborn.process.returncode == -signal.SIGKILL


def test_the_terminals_interrupt_reaches_the_supervisor_alone(tmp_path: Path) -> None:
    running = child(tmp_path)
    running.start()
    assert running.process is not None
    assert os.getsid(running.process.pid) != os.getsid(0)
    running.stop()


@pytest.mark.parametrize(
    ("line", "short"),
    [
        ('{"event": "request", "method": "GET", "route": "/", "status": 200, "ms": 3.2}', "GET / 200 3.2 ms"),
        ('{"event": "celery@vm ready.", "level": "info"}', "ready"),
        ('{"event": "not ready", "level": "warning"}', "warning: not ready"),
        ('{"event": "chatter", "level": "info"}', ""),
        ("2026-11-24 UTC [7] FATAL:  lock file", "2026-11-24 UTC [7] FATAL:  lock file"),
        ("2026-11-24 UTC [7] LOG:  checkpoint complete", ""),
        ('{"event": broken}', ""),
    ],
)
def test_the_terminal_gets_short_lines(line: str, short: str) -> None:
    assert shorten(line) == short


def test_requests_may_be_left_to_the_file_unless_they_failed() -> None:
    told = '{"event": "request", "method": "GET", "route": "/", "status": %d, "ms": 3}'
    assert shorten(told % 200, requests=False) == "" and shorten(told % 404, requests=False) == ""
    assert shorten(told % 500, requests=False) == "GET / 500 3 ms"


def test_a_log_is_followed_from_its_end_and_by_whole_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "web.log"
    log.write_text("ERROR old\n")
    tail = Tail("web", log)
    with log.open("a") as file:
        file.write("ERROR new\nERROR ha")
        file.flush()
        tail.tell()
        assert capsys.readouterr().out.split() == ["web", "ERROR", "new"]
        file.write("lf\n")
    tail.tell()
    assert capsys.readouterr().out.split() == ["web", "ERROR", "half"]
