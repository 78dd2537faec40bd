"""Ends what a killed test run left: every process that has the run's folder in its environment.

The kernel tells children of a killed run to stop (see Child), but a worker in the middle of a long search, or
a child that is deaf, goes on. This process is apart from the run; a pipe tells it that the run is over.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_SECONDS = 5.0  # for those that stop by themselves


def start(folder: Path, grace: float = GRACE_SECONDS) -> "subprocess.Popen[bytes]":
    """Watch until its stdin is closed, by us or by our death."""
    command = [sys.executable, str(Path(__file__)), str(folder), str(grace)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def left(folder: str) -> list[int]:
    """Processes of ours with ZS_VAR_DIR=folder."""
    mark = f"ZS_VAR_DIR={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue  # gone, or not ours
    return found


def main(folder: str, grace: float) -> None:
    sys.stdin.buffer.read()
    end = time.monotonic() + grace
    while left(folder) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in left(folder):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
