"""Many callers at once, one batch: whoever has the turn works for all that wait."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
BATCH = 200


class Together(Generic[T, R]):
    """`work` answers a batch in one transaction, in order. Nobody who is alone waits for others."""

    def __init__(self, work: Callable[[Sequence[T]], list[R]]) -> None:
        self._work = work
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[tuple[T, Future[R]]] = []

    def do(self, item: T) -> R:
        """The answer to `item`, from a batch of this thread or of another one."""
        future: Future[R] = Future()
        with self._lock:
            self._waiting.append((item, future))
        with self._turn:
            while not future.done():
                self._answer(self._next())
        return future.result()

    def _next(self) -> list[tuple[T, "Future[R]"]]:
        with self._lock:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        return batch

    def _answer(self, batch: Sequence[tuple[T, "Future[R]"]]) -> None:
        try:
            answers = self._work([item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for waiting in batch:  # one that cannot be worked on must not refuse its neighbours
                self._answer([waiting])
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                future.set_result(answer)
