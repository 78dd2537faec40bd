"""Processor time of the server's processes, and cores for those who share one or have their own."""

import os
from collections import defaultdict
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """Seconds that these processes and all below them have used so far, ended children included."""
    used, below = _processes()
    waiting, total = list(roots), 0.0
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0.0)
        waiting.extend(below.get(pid, ()))
    return total


def _processes() -> tuple[dict[int, float], dict[int, list[int]]]:
    used: dict[int, float] = {}
    below: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(folder.name)
        used[pid] = sum(map(int, fields[11:15])) * TICK
        below[int(fields[1])].append(pid)
    return used, below


def take_cores(pids: list[int], cores: set[int]) -> None:
    """Move running processes, with all their threads and children, to these cores."""
    _, below = _processes()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        waiting.extend(below.get(pid, ()))
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
