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
POLL_SECONDS = 0.1
GRACE_SECONDS = 1.0  # of wall clock past the limit, for an engine that is just finishing


class EngineDied(RuntimeError):
    """The search process ended by itself without a draft: no memory, or a crash. Carries its last words."""


class SearchApart:
    """A search that runs while its owner does something else; leave the `with` block and it is gone."""

    def __init__(self, name: str, problem: Problem, params: Params) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "routing.engine.child"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_paths())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._errors: list[bytes] = []
        task = name, problem, params, time.time() + params.seconds
        process = self._process
        self._threads = [
            threading.Thread(target=_feed, args=(process.stdin, task), daemon=True),
            threading.Thread(target=_read, args=(process.stdout, self._lines.put), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, _keep_last(self._errors)), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> SearchApart:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(timeout=1)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def last_draft(
        self, report: Callable[[Draft], None], deadline: float, called_off: Callable[[], bool]
    ) -> Draft:
        """Waits for the end, at most a second past `deadline` (time.monotonic); reports every draft.

        Where `called_off` says so, which is asked some times a second, the draft at hand is the last.

        The draft is empty where the engine had none in time. Raises EngineDied where it ended by itself
        without.
        """
        last, alive = _listen(self._lines, report, deadline, called_off)
        if last is None and not alive:
            code = self._process.wait()
            self._threads[2].join(timeout=1)
            text = b"".join(self._errors).decode(errors="replace").strip() or f"exit code {code}"
            raise EngineDied(text[-2000:])
        return last or Draft((), 0, 0.0)


def _paths() -> list[str]:
    """Where the child finds this package, whatever folder it starts in."""
    return [path for path in (HOME, os.environ.get("PYTHONPATH")) if path]


def _listen(
    lines: queue.Queue[bytes | None],
    report: Callable[[Draft], None],
    deadline: float,
    called_off: Callable[[], bool],
) -> tuple[Draft | None, bool]:
    """The last draft, and whether the process was still alive at the end."""
    last: Draft | None = None
    while True:
        left = deadline + GRACE_SECONDS - time.monotonic()
        try:
            line = lines.get(timeout=min(POLL_SECONDS, max(0.0, left)))
        except queue.Empty:
            if left <= POLL_SECONDS or called_off():
                return last, True
            continue
        if line is None or line.strip() == b"end":
            return last, line is not None
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
