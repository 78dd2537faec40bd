"""One writer thread per process: it adds no delay when few wait and takes up to 200 when many do."""

import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Waited
from queue import Empty, SimpleQueue

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections

from backend.donations.rules import Gift
from backend.donations.writer.batch import Answer, Placed, place_many
from backend.kernel.errors import Refused

log = structlog.get_logger("gifts")
BATCH = 200
MOST_WAITING = 5_000
IDLE_SECONDS = 30.0


class Busy(Refused):
    """So many gifts wait that yours was not answered in time: send it again with the same key."""

    code = "busy"


_Waiting = tuple[Gift, "Future[Answer]"]


class Writer:
    """A queue and the thread that empties it. The thread ends when idle and its connection with it."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, gift: Gift) -> "Future[Answer]":
        future: Future[Answer] = Future()
        with self._lock:
            self.queue.put((gift, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gift-writer", daemon=True)
                self._thread.start()
        return future

    def stop(self) -> None:
        """Finish what waits, then end the thread and close its connection."""
        with self._lock:
            thread = self._thread
            if thread is not None:
                self.queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            while batch := self._next():
                _answer(batch)
        finally:
            connections.close_all()

    def _next(self) -> list[_Waiting]:
        """The next batch, or nothing when this thread is to end."""
        try:
            first = self.queue.get(timeout=IDLE_SECONDS)
        except Empty:
            first = None
        if first is None:
            return self._leave()
        batch = [first]
        while len(batch) < BATCH and not self.queue.empty():
            following = self.queue.get()
            if following is None:
                self.queue.put(None)
                break
            batch.append(following)
        return batch

    def _leave(self) -> list[_Waiting]:
        """Leave the seat to a later thread unless somebody came in at this moment."""
        with self._lock:
            while not self.queue.empty():
                if late := self.queue.get():
                    return [late]
            self._thread = None
        return []


def _answer(batch: list[_Waiting]) -> None:
    """One line of the log tells of a whole batch."""
    began = time.perf_counter()
    try:
        answers = _placed([gift for gift, _ in batch])
    except DatabaseError as error:
        if len(batch) > 1:  # one bad gift must not refuse its neighbours
            for waiting in batch:
                _answer([waiting])
            return
        answers = None
        failure: BaseException = error
    except Exception as error:
        answers, failure = None, error
    if answers is None:
        log.error("a batch of gifts failed", exc_info=failure)
        for _, future in batch:
            future.set_exception(failure)
        return
    for (_, future), answer in zip(batch, answers, strict=True):
        future.set_result(answer)
    refused = sum(isinstance(answer, Refused) for answer in answers)
    ms = round((time.perf_counter() - began) * 1000, 1)
    log.info("gifts", placed=len(answers) - refused, refused=refused, ms=ms)


def _placed(gifts: list[Gift]) -> list[Answer]:
    """Place on this thread's connection; once more on a new one when it was lost (keys make this safe)."""
    connection = connections["default"]
    try:
        return place_many(connection, gifts)
    except (OperationalError, InterfaceError):
        connection.close()
        return place_many(connection, gifts)


_writers: dict[int, Writer] = {}
_making = threading.Lock()


def writer() -> Writer:
    """The writer of this process; a forked child gets its own."""
    found = _writers.get(os.getpid())
    if found is None:
        with _making:
            found = _writers.setdefault(os.getpid(), Writer())
    return found


def submit(gift: Gift) -> Placed:
    """Wait for this process's writer to place `gift`; raises its refusal, or Busy when it takes too long."""
    mine = writer()
    if mine.queue.qsize() >= MOST_WAITING:
        raise Busy
    try:
        answer = mine.put(gift).result(timeout=settings.GIFT_WAIT_SECONDS)
    except Waited as error:
        raise Busy from error
    if isinstance(answer, Refused):
        raise answer
    return answer
