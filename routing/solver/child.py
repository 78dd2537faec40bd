"""A search in a process of its own: limits of time and memory hold, the best so far survives a kill."""

from __future__ import annotations

import gc
import json
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from ..engine import Draft
from ..engine.child import from_json, work
from ..params import Params
from ..problem import Act, Problem, acts_of

HOME = str(Path(__file__).resolve().parents[2])
POLL_SECONDS = 0.1
GRACE_SECONDS = 0.5  # of wall clock past the limit, for an engine that is just finishing


class EngineDied(RuntimeError):
    """The search process ended by itself without a draft: no memory, or a crash. Carries its last words."""


class _Process(Protocol):
    def kill(self) -> None: ...

    def wait(self) -> int: ...


class SearchApart:
    """A search that runs while its owner does something else; leave the `with` block and it is gone.

    With `forked` it shares the problem and what is loaded, which only a process without other threads may ask
    for; else it starts anew.
    """

    def __init__(
        self, name: str, problem: Problem, params: Params, *, end: float, forked: bool = False
    ) -> None:
        self._acts = [act for job in problem.jobs for act in acts_of(job)]
        task = name, problem, params, end
        self._process: _Process
        feed: IO[bytes] | None = None
        if forked:
            self._process, self._out, self._err = _fork(task)
        else:
            self._process, feed, self._out, self._err = _spawn()
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._errors: list[bytes] = []
        self._threads = [
            threading.Thread(target=_feed, args=(feed, task), daemon=True),
            threading.Thread(target=_read, args=(self._out, self._lines.put), daemon=True),
            threading.Thread(target=_read, args=(self._err, _keep_last(self._errors)), daemon=True),
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
        self._out.close()
        self._err.close()

    def last_draft(
        self, report: Callable[[Draft], None] | None, deadline: float, called_off: Callable[[], bool]
    ) -> Draft:
        """Waits for the end, at most half a second past `deadline` (time.monotonic); reports every draft.

        Where `called_off` says so, which is asked some times a second, the draft at hand is the last. The draft is empty where the engine had none in time. Raises
        EngineDied where it ended by itself without.
        """
        last, alive = self._listen(report, deadline, called_off)
        if last is None and not alive:
            code = self._process.wait()
            self._threads[2].join(timeout=1)
            text = b"".join(self._errors).decode(errors="replace").strip() or f"exit code {code}"
            raise EngineDied(text[-2000:])
        return Draft((), 0, 0.0) if last is None else _draft(last, self._acts)

    def _listen(
        self, report: Callable[[Draft], None] | None, deadline: float, called_off: Callable[[], bool]
    ) -> tuple[bytes | None, bool]:
        """The last line, and whether the process was still at work after it."""
        last: bytes | None = None
        while True:
            left = deadline + GRACE_SECONDS - time.monotonic()
            try:
                line = self._lines.get(timeout=min(POLL_SECONDS, max(0.0, left)))
            except queue.Empty:
                if left <= POLL_SECONDS or called_off():
                    return last, True
                continue
            if line is None or line.strip() == b"end":
                return last, line is not None
            last = line
            if report is not None:
                report(_draft(line, self._acts))


class _Forked:
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, 9)

    def wait(self) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code


def _fork(task: Any) -> tuple[_Process, IO[bytes], IO[bytes]]:
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # the child must not copy what it only reads
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _be_child(task, out_end, err_end, parent)
    gc.unfreeze()
    os.close(out_end)
    os.close(err_end)
    return _Forked(pid), os.fdopen(out, "rb"), os.fdopen(err, "rb")


def _be_child(task: Any, out: int, err: int, parent: int) -> None:
    """Never returns: whatever the parent had planned to do at its end is not for the child to do."""
    code = 1
    try:
        os.dup2(err, 2)
        os.dup2(err, 1)
        work(task, os.fdopen(out, "w", buffering=1), parent)
        code = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _spawn() -> tuple[_Process, IO[bytes], IO[bytes], IO[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "routing.engine.child"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_paths())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    return process, process.stdin, process.stdout, process.stderr


def _paths() -> list[str]:
    """Where the child finds this package, whatever folder it starts in."""
    return [path for path in (HOME, os.environ.get("PYTHONPATH")) if path]


def _draft(line: bytes, acts: list[Act]) -> Draft:
    return from_json(json.loads(line), acts)


def _feed(pipe: IO[bytes] | None, task: object) -> None:
    if pipe is None:
        return
    try:
        with pipe:
            pickle.dump(task, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    except BrokenPipeError:
        return  # it died while reading; the reader of its output tells


def _read(pipe: IO[bytes], put: Callable[[bytes | None], None]) -> None:
    for line in iter(pipe.readline, b""):
        put(line)
    put(None)


def _keep_last(kept: list[bytes], most: int = 50) -> Callable[[bytes | None], None]:
    def keep(line: bytes | None) -> None:
        if line is not None:
            kept.append(line)
            del kept[:-most]

    return keep
