"""Keeps children alive until told to stop: one that dies starts again, later each time it dies soon."""

import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from backend.config.services.children import Child
from backend.config.services.lines import say
from backend.config.services.tail import WORTH, Tail

FIRST_WAIT, LONGEST_WAIT, STEADY = 0.5, 30.0, 20.0
TICK = 0.2


@dataclass
class Watched:
    """One child with its history: `renew` builds it anew, healing what a death left."""

    child: Child
    renew: Callable[[], Child] | None = None
    wait: float = FIRST_WAIT
    began: float = field(default_factory=time.monotonic)
    due: float | None = None

    def look(self, now: float) -> None:
        """Start it again when its time has come; seconds of waiting double while it dies young."""
        if self.child.running:
            return
        if self.due is None:
            self.wait = FIRST_WAIT if now - self.began > STEADY else min(self.wait * 2, LONGEST_WAIT)
            self.due = now + self.wait
            assert self.child.process is not None
            code = self.child.process.returncode
            say(self.child.name, f"ended ({_cause(code)}), starts again in {self.wait:.1f} s")
            self.child.sweep()
        elif now >= self.due:
            if self.renew:
                self.child = self.renew()
            self.child.start()
            self.began, self.due = now, None


def _cause(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"code {code}"


class Supervisor:
    """Runs in the main thread; SIGINT, SIGTERM and SIGHUP end it, a second one at once."""

    def __init__(self) -> None:
        self.watched: list[Watched] = []
        self.tails: list[Tail] = []
        self.told = threading.Event()

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_asked)

    def _stop_asked(self, number: int, frame: FrameType | None) -> None:
        if self.told.is_set():
            for each in self.watched:
                each.child.sweep()
        self.told.set()

    def add(self, child: Child, renew: Callable[[], Child] | None = None) -> None:
        """Watch a child that runs already."""
        self.tails.append(Tail(child.name, child.log))
        self.watched.append(Watched(child, renew))

    def start(self, child: Child, worth: re.Pattern[str] = WORTH, *, requests: bool = True) -> None:
        """Start and watch it; lines of its log that match `worth`, and `requests`, are shown."""
        tail = Tail(child.name, child.log, worth, requests=requests)
        child.start()
        self.tails.append(tail)
        self.watched.append(Watched(child))

    def run(self) -> None:
        """Look after all until told to stop."""
        while not self.told.wait(TICK):
            self.turn()

    def turn(self) -> None:
        now = time.monotonic()
        for each in self.watched:
            each.look(now)
        for tail in self.tails:
            tail.tell()

    def stop(self) -> None:
        """The last started first, the stores last, each within its time."""
        doors = [each.child for each in self.watched if each.renew is None]
        stores = [each.child for each in self.watched if each.renew is not None]
        for group in (doors, stores):
            for child in group:
                child.ask_to_stop()
            for child in reversed(group):
                child.stop(seconds=15)
