"""The waiting room: first come, first in, as fast as the house can serve. It holds places, never goods.

Places lie in Valkey and may be lost: whoever waits carries the time of their arrival in a signed ticket, and
gets their place back by it. Without Valkey each process lets people in at the set rate, in no order.
"""

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.conf import settings

from backend.interfaces.crowd.tickets import PASS_SECONDS, TICKET_SECONDS, Ticket
from backend.interfaces.crowd.valkey import Gone, Valkey, valkey

GRACE_MS, ABSENT_MS = 12_000, 90_000
REMEMBERED = 120.0  # seconds for which a process knows that there was a crowd
SOONEST, LATEST = 3.0, 30.0  # seconds between two looks of one visitor
PASS_USES = 40  # posts of one pass: mending quantities, several gifts; not a bus full of people
SHARED_FROM = 3  # most passes are used once or twice: theirs need no call
MOST_COUNTED = 200_000  # passes whose posts this process counts by itself


class State(StrEnum):
    IN = "in"
    WAIT = "wait"
    USED = "used"  # this ticket has let somebody in before


@dataclass(frozen=True)
class Place:
    """`ahead`: people in front; `pace`: admissions a second as measured, 0 while nobody knows."""

    state: State
    ahead: int = 0
    pace: float = 0.0
    known: bool = True

    @property
    def seconds(self) -> float | None:
        """How long it will take at the measured pace; None while that is not known."""
        return self.ahead / self.pace if self.pace > 0 and self.known else None

    @property
    def every(self) -> int:
        """Seconds between two looks: the nearer, the sooner."""
        expected = self.seconds if self.seconds is not None else 10 * SOONEST
        return math.ceil(min(max(expected / 5, SOONEST), LATEST))

    def look_again(self) -> int:
        """The same with a chance in it, so that they do not all look at the same moment."""
        return math.ceil(self.every * random.uniform(0.8, 1.3))


@cache
def _script() -> str:
    return Path(__file__).with_name("turn.lua").read_text()


class Room:
    """One waiting room of the deployment, seen from one process."""

    def __init__(self, store: Valkey = valkey, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._crowd_until = 0.0
        self._tokens, self._at = float(settings.CROWD_RATE), clock()
        self._lock = threading.Lock()
        self._posts: tuple[dict[str, int], dict[str, int]] = (
            {},
            {},
        )  # of this span of PASS_SECONDS, and the last
        self._span = 0

    @property
    def crowded(self) -> bool:
        """Whether this process saw people wait a short time ago."""
        return self._clock() < self._crowd_until

    def come(self, ticket: Ticket | None, *, may_enter: bool = True) -> Place:
        """Ask for a turn: with a ticket from one's place, without one only when nobody waits."""
        try:
            return self._ask(ticket, may_enter)
        except Gone:
            return self._alone(may_enter)

    def keys(self, ticket_id: str) -> list[str]:
        """What one visit touches. The braces keep all of it in one slot of a Valkey cluster: a script wants that."""
        return [
            self._store.key(f"{{room}}:{part}") for part in ("waiting", "seen", "room", f"used:{ticket_id}")
        ]

    def _ask(self, ticket: Ticket | None, may_enter: bool) -> Place:
        now = self._clock()
        name = ticket.id if ticket else ""
        waited = ticket is not None and now - ticket.came / 1000 > SOONEST
        keys = self.keys(name)
        rate = settings.CROWD_RATE
        arguments = [
            name, ticket.came if ticket else 0, int(now * 1000), rate, max(rate, 1),
            int(self.crowded or waited), int(may_enter), GRACE_MS, ABSENT_MS, TICKET_SECONDS,
        ]  # fmt: skip
        state, ahead, waiting, pace = self._store.ask(lambda v: v.eval(_script(), 4, *keys, *arguments))  # type: ignore[no-untyped-call]
        if int(waiting):
            self._crowd_until = now + REMEMBERED
        return Place(State(state.decode()), int(ahead), int(pace) / 1000)

    def _alone(self, may_enter: bool) -> Place:
        """Without Valkey: this process's own bucket, and no places."""
        now, rate = self._clock(), settings.CROWD_RATE
        self._tokens = min(self._tokens + (now - self._at) * rate, float(max(rate, 1)))
        self._at = now
        if may_enter and self._tokens >= 1:
            self._tokens -= 1
            return Place(State.IN)
        return Place(State.WAIT, known=False)

    def knows(self, pass_id: str) -> bool:
        """Whether `may_use` will ask nobody else for its answer."""
        here, before = self._posts
        return max(here.get(pass_id, 0), before.get(pass_id, 0)) + 1 < SHARED_FROM

    def may_use(self, pass_id: str) -> bool:
        """Count one post of a pass; False when it was passed around. Each process keeps the first two to itself."""
        mine = self._posts_here(pass_id)
        if mine < SHARED_FROM:
            return True
        more = mine if mine == SHARED_FROM else 1
        key = self._store.key(f"pass:{pass_id}")
        try:
            uses = int(self._store.ask(lambda v: v.incrby(key, more)))
            if uses == more:
                self._store.ask(lambda v: v.expire(key, PASS_SECONDS))
        except Gone:
            return True
        return uses <= PASS_USES

    def _posts_here(self, pass_id: str) -> int:
        """How often this process saw a pass; one that it has no room to remember counts as shared."""
        span = int(self._clock() // PASS_SECONDS)
        with self._lock:
            if span != self._span:
                before = self._posts[0] if span == self._span + 1 else {}
                self._span, self._posts = span, ({}, before)
            here, before = self._posts
            mine = here.get(pass_id, 0) or before.get(pass_id, 0)
            if not mine and len(here) >= MOST_COUNTED:
                return SHARED_FROM + 1
            here[pass_id] = mine + 1
            return mine + 1
