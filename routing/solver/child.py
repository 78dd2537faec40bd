"""A search in a process of its own: limits of time and memory hold, the best so far survives a kill."""

from __future__ import annotations

import json
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..engine import Draft
from ..params import Params
from ..problem import Problem, Sequence, decode

HOME = str(Path(__file__).resolve().parents[2])
GRACE_SECONDS = 1.0  # of wall clock past the limit, for an engine that is just finishing
START_SECONDS = 2.0  # for the process to load its solver; only a search with nothing found yet may use them


class EngineDied(RuntimeError):
    """The search process ended without a word: out of memory, or a crash. Carries the end of its output."""


def search_apart(
    name: str, problem: Problem, params: Params, report: Callable[[Draft], None], deadline: float
) -> Draft:
    """The last draft of the engine; kills it at `deadline` (time.monotonic) plus a second.

    Raises EngineDied where it ended without any draft.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "routing.engine.child"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (HOME, os.environ.get("PYTHONPATH"))))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    errors: list[bytes] = []
    task = name, problem, params, time.time() + params.seconds
    threads = [
        threading.Thread(target=_feed, args=(process.stdin, task), daemon=True),
        threading.Thread(target=_read, args=(process.stdout, lines.put), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, _keep_last(errors)), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        last = _listen(lines, report, deadline)
    finally:
        process.kill()
        process.wait()
        for thread in threads:
            thread.join(timeout=1)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    if last is None:
        text = b"".join(errors).decode(errors="replace").strip() or f"exit code {process.returncode}"
        raise EngineDied(text[-2000:])
    return last


def _listen(
    lines: queue.Queue[bytes | None], report: Callable[[Draft], None], deadline: float
) -> Draft | None:
    last: Draft | None = None
    while True:
        extra = GRACE_SECONDS if last is not None else GRACE_SECONDS + START_SECONDS
        left = deadline + extra - time.monotonic()
        try:
            line = lines.get(timeout=max(0.0, left))
        except queue.Empty:
            return last
        if line is None or line.strip() == b"end":
            return last
        last = _draft(json.loads(line))
        report(last)


def _draft(value: Any) -> Draft:
    sequences = tuple(decode(Sequence, item) for item in value["sequences"])
    return Draft(sequences, int(value["iterations"]), float(value["seconds"]))


def _feed(pipe: IO[bytes] | None, task: object) -> None:
    if pipe is None:
        return
    try:
        with pipe:
            pickle.dump(task, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    except BrokenPipeError:
        return  # it died while reading; the reader of its output tells


def _read(pipe: IO[bytes] | None, put: Callable[[bytes | None], None]) -> None:
    if pipe is not None:
        for line in iter(pipe.readline, b""):
            put(line)
    put(None)


def _keep_last(kept: list[bytes], most: int = 50) -> Callable[[bytes | None], None]:
    def keep(line: bytes | None) -> None:
        if line is not None:
            kept.append(line)
            del kept[:-most]

    return keep
