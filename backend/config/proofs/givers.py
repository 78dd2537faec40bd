"""Donors who send again until they are answered, as a browser that hears nothing would: give, pay, take back.

Every request that is sent again carries the same key, so nothing may come of it twice.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.config.bench_orders.wishes import Need
from backend.config.proofs.visitor import Answer, NoAnswer, Visitor

PAUSE = 0.05  # seconds before somebody who heard nothing sends again
BACK = "/paid/"
CLOSED = 200  # the gateway shows its page again: the time to pay was over
GIVERS = 24
VISITORS = GIVERS * 40  # so many that nobody's pace is looked at


@dataclass
class Known:
    """What a donor was told of one key. `pages`: where the gift can be paid, more than one would be two gifts."""

    pages: set[str] = field(default_factory=set)
    paid: bool = False  # by the gateway's word


@dataclass
class Crowd:
    """What all donors were told, by key; `odd` are answers that nobody should get."""

    needs: list[Need]
    visitors: list[Visitor]
    seed: int
    known: dict[str, Known] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    repeats: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def giver(self, number: int) -> None:
        """One of GIVERS threads: one donor after another, until it is over."""
        chance, turn = random.Random(self.seed * 1_000 + number), 0
        while not self.over.is_set():
            visitor = self.visitors[(number + turn * GIVERS) % len(self.visitors)]
            turn += 1
            self._give(visitor, f"{number:04d}{turn:020d}", chance)
            visitor.leave()

    def _give(self, visitor: Visitor, key: str, chance: random.Random) -> None:
        need, quantity = chance.choice(self.needs), chance.choice((1, 1, 2))
        known = Known()
        for _ in range(chance.choice((1, 1, 1, 2))):  # sent once more although it was answered
            answer = self.until_answered(lambda: visitor.give(need, quantity, key))
            if answer is None or answer.status != 302:
                return self._note(answer)
            known.pages.add(answer.to)
            self.known[key] = known
        if chance.random() < 0.4:
            return None  # never paid: it expires
        page, manner = next(iter(known.pages)), chance.choice(("once", "once", "twice", "late"))
        answer = self.until_answered(lambda: visitor.pay(page, manner))
        if answer is None or answer.status != 302 or BACK not in answer.to:
            return None if answer and answer.status == CLOSED else self._note(answer)
        known.paid = True
        if chance.random() < 0.3:
            self._take_back(visitor, answer.to.split(BACK)[1].strip("/"))
        return None

    def _take_back(self, visitor: Visitor, token: str) -> None:
        """Let the house ask the gateway, then want the money back; whether that was in time shows in the books."""
        for path in (f"{BACK}{token}/", f"/gifts/{token}/undo/"):
            self.until_answered(lambda path=path: visitor.post(path, {}))  # type: ignore[misc]

    def until_answered(self, send: Callable[[], Answer]) -> Answer | None:
        """None when all is over."""
        while not self.over.is_set():
            try:
                answer = send()
            except NoAnswer:
                answer = Answer(503)
            if answer.status < 500:
                return answer
            self.repeats += 1
            time.sleep(PAUSE)
        return None

    def _note(self, answer: Answer | None) -> None:
        if answer is not None:
            self.odd.add(f"{answer.status} {answer.to}".strip())
