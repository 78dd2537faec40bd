"""Processes that search side by side: forked from the search, so that they share its tables, and gone with it.

With one core there are none, and a task is done where it is asked for.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

PR_SET_PDEATHSIG = 1
T = TypeVar("T")
R = TypeVar("R")


def die_with_parent(parent: int) -> None:
    """No search outlives `parent`, the process that started it (where Linux helps)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


class Crew(Generic[T, R]):
    """`size` workers that do tasks; with size 1 the caller is the worker.

    `work` gets a task and where to tell what it has so far; `hear` gets that, while the caller waits in `next`.
    """

    def __init__(
        self, size: int, work: Callable[[T, Callable[[R], None]], R], hear: Callable[[R], None]
    ) -> None:
        self._work, self._hear = work, hear
        self._size = max(1, size)
        self._idle: list[Connection] = []
        self._busy: dict[Connection, T] = {}
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._waiting: T | None = None

    def __enter__(self) -> Crew[T, R]:
        if self._size > 1:
            forks = multiprocessing.get_context("fork")
            for _ in range(self._size):
                ours, theirs = forks.Pipe()
                process = forks.Process(target=_serve, args=(theirs, self._work, os.getpid()), daemon=True)
                process.start()
                theirs.close()
                self._idle.append(ours)
                self._processes.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for line in (*self._idle, *self._busy):
            line.close()

    @property
    def size(self) -> int:
        return self._size

    @property
    def free(self) -> int:
        """How many more tasks can be given before one must be waited for."""
        if self._size == 1:
            return int(self._waiting is None)
        return len(self._idle)

    @property
    def busy(self) -> bool:
        return bool(self._busy) or self._waiting is not None

    def give(self, task: T) -> None:
        """Starts a task (with one worker: keeps it until `next`)."""
        if self._size == 1:
            self._waiting = task
            return
        line = self._idle.pop()
        line.send(task)
        self._busy[line] = task

    def next(self, timeout: float) -> tuple[T, R] | None:
        """The next task that is done, with its answer; None where none was within `timeout` seconds.

        Raises EOFError where a worker died.
        """
        if self._waiting is not None:
            task, self._waiting = self._waiting, None
            return task, self._work(task, self._hear)
        end = time.monotonic() + timeout
        while ready := wait(list(self._busy), max(0.0, end - time.monotonic())):
            for line in ready:
                assert isinstance(line, Connection)
                done: bool
                answer: R
                done, answer = line.recv()
                if done:
                    task = self._busy.pop(line)
                    self._idle.append(line)
                    return task, answer
                self._hear(answer)
        return None


def _serve(line: Connection, work: Callable[[T, Callable[[R], None]], R], parent: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.getppid() == parent:
        try:
            task = line.recv()
        except (EOFError, OSError):
            return
        line.send((True, work(task, lambda answer: line.send((False, answer)))))
