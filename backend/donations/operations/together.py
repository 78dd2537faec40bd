"""Many callers at once, one batch: whoever has the turn works for all that wait."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
BATCH = 200


@dataclass
class _Caller(Generic[T, R]):
    """Sleeps until it is answered, or until it has the turn."""

    item: T
    answer: "Future[R]" = field(default_factory=Future)
    woken: threading.Event = field(default_factory=threading.Event)


class Together(Generic[T, R]):
    """`work` answers a batch in one transaction, in order. Nobody who is alone waits for others.

    While one batch is at work the next one gathers; then the first of those who wait takes all of them along.
    Who is answered goes home at once and never queues for the turn: else batches would stay small.
    """

    def __init__(self, work: Callable[[Sequence[T]], list[R]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._at_work = False
        self._waiting: list[_Caller[T, R]] = []

    def do(self, item: T) -> R:
        """The answer to `item`, from a batch of this thread or of another one."""
        caller: _Caller[T, R] = _Caller(item)
        with self._lock:
            self._waiting.append(caller)
            if not self._at_work:
                self._at_work = True
                caller.woken.set()
        caller.woken.wait()
        if not caller.answer.done():
            self._take_turn()
        return caller.answer.result()

    def _take_turn(self) -> None:
        """One batch, the caller's own item first in it; then the turn is another's."""
        with self._lock:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        try:
            self._answer(batch)
        finally:
            with self._lock:
                self._at_work = bool(self._waiting)
                following = self._waiting[0] if self._waiting else None
            if following:
                following.woken.set()
            for caller in batch:
                caller.woken.set()

    def _answer(self, batch: Sequence[_Caller[T, R]]) -> None:
        try:
            answers = self._work([caller.item for caller in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
                return
            for caller in batch:  # one that cannot be worked on must not refuse its neighbours
                self._answer([caller])
        else:
            for caller, answer in zip(batch, answers, strict=True):
                caller.answer.set_result(answer)
