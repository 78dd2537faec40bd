"""One writer thread per process: it adds no delay when few wait and takes up to 200 when many do.

A batch costs much the same whether it holds one gift or thirty. So after a batch of more than FEW the writer
lets others come before it takes the next, as long as they do come, and for PATIENCE at most.
"""

import os
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connections

from backend.donations.rules import Gift
from backend.donations.writer.batch import Answer, Placed, place_many
from backend.kernel.errors import Refused
from backend.kernel.settings import settings

log = structlog.get_logger("gifts")
BATCH = 200
MOST_WAITING = 5_000
IDLE_SECONDS = 30.0
FEW = 4  # gifts: a batch that was no crowd
LOOK_SECONDS, PATIENCE = 0.002, 0.006


class Busy(Refused):
    """So many gifts wait that yours was not answered in time: send it again with the same key."""

    code = "busy"


class Waiting:
    """A gift and its answer; one thread waits for it. A bare lock wakes it in half the time of a Future."""

    __slots__ = ("_answer", "_told", "failure", "gift")

    def __init__(self, gift: Gift) -> None:
        self.gift = gift
        self.failure: BaseException | None = None
        self._answer: Answer | None = None
        self._told = threading.Lock()
        self._told.acquire()

    def tell(self, answer: Answer | None, failure: BaseException | None = None) -> None:
        self._answer, self.failure = answer, failure
        self._told.release()

    def answer(self, seconds: float) -> Answer:
        """What came of it; raises the failure of its batch, or Busy when there is no answer in time."""
        if not self._told.acquire(timeout=seconds):
            raise Busy
        if self._answer is None:
            assert self.failure is not None
            raise self.failure
        return self._answer


Said = Answer | BaseException


class Called:
    """A gift whose answer is handed to `call`, in the writer's thread: nobody waits there."""

    __slots__ = ("_call", "gift")

    def __init__(self, gift: Gift, call: Callable[[Said], None]) -> None:
        self.gift, self._call = gift, call

    def tell(self, answer: Answer | None, failure: BaseException | None = None) -> None:
        said = failure if answer is None else answer
        assert said is not None
        self._call(said)


Told = Waiting | Called


class Writer:
    """A queue and the thread that empties it. The thread ends when idle and its connection with it."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Told | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._many = False  # the last batch was of a crowd

    def put(self, gift: Gift) -> Waiting:
        waiting = Waiting(gift)
        self.take(waiting)
        return waiting

    def take(self, told: Told) -> None:
        with self._lock:
            self.queue.put(told)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gift-writer", daemon=True)
                self._thread.start()

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

    def _next(self) -> list[Told]:
        """The next batch, or nothing when this thread is to end."""
        try:
            first = self.queue.get(timeout=IDLE_SECONDS)
        except Empty:
            first = None
        if first is None:
            return self._leave()
        if self._many:
            self._let_come()
        batch = [first]
        while len(batch) < BATCH and not self.queue.empty():
            following = self.queue.get()
            if following is None:
                self.queue.put(None)
                break
            batch.append(following)
        self._many = len(batch) > FEW
        return batch

    def _let_come(self) -> None:
        """Wait while others come; whoever waits alone is not kept."""
        end = time.monotonic() + PATIENCE
        before = -1
        while before < (before := self.queue.qsize()) < BATCH and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)

    def _leave(self) -> list[Told]:
        """Leave the seat to a later thread unless somebody came in at this moment."""
        with self._lock:
            while not self.queue.empty():
                if late := self.queue.get():
                    return [late]
            self._thread = None
        return []


def _answer(batch: list[Told]) -> None:
    """One line of the log tells of a whole batch."""
    began = time.perf_counter()
    try:
        answers = _placed([waiting.gift for waiting in batch])
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
        for waiting in batch:
            waiting.tell(None, failure)
        return
    for waiting, answer in zip(batch, answers, strict=True):
        waiting.tell(answer)
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


def _with_room() -> Writer:
    mine = writer()
    if mine.queue.qsize() >= MOST_WAITING:
        raise Busy
    return mine


def submit_soon(gift: Gift, tell: Callable[[Said], None]) -> None:
    """`tell` is called once, in the writer's thread, with the answer or the failure of its batch. Raises Busy."""
    _with_room().take(Called(gift, tell))


def submit(gift: Gift) -> Placed:
    """Wait for this process's writer to place `gift`; raises its refusal, or Busy when it takes too long."""
    answer = _with_room().put(gift).answer(settings.GIFT_WAIT_SECONDS)
    if isinstance(answer, Refused):
        raise answer
    return answer
