"""What gives is mostly people. A person, a card or a key may be refused; an address is only asked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from backend.donations.queries import failing_streets, stopped_clients
from backend.interfaces.crowd import challenge
from backend.interfaces.crowd.tally import Tally
from backend.interfaces.shop import checkout
from backend.kernel.settings import settings

WINDOW = 120  # seconds over which a visitor's pace is measured
FRESH_SECONDS, STALE_SECONDS = 1.0, 5.0  # of what the database said
SEEN = "zhisong.robot"
ACTOR = "system:shop"


class Verdict(StrEnum):
    GO = "go"
    HOLD = "hold"  # taken, and a person looks before anything is ordered
    ASK = "ask"  # is a person there?
    STOP = "stop"  # enough for this hour
    FAILED = "failed"  # too many failed payments


class Pace(NamedTuple):
    """How often this visitor gave in the last window and hour, and everybody at this address in the last minute."""

    window: int
    hour: int
    address: int


def judge(pace: Pace, *, stopped: bool, answered: bool, failing: bool = False) -> Verdict:
    """By settings: PERSON_SECONDS a gift, PERSON_GIFTS_AN_HOUR, ADDRESS_GIFTS_A_MINUTE.

    `failing`: payments from this address failed often lately, whoever tried them.
    """
    if stopped:
        return Verdict.FAILED
    if pace.hour > settings.PERSON_GIFTS_AN_HOUR:
        return Verdict.STOP
    if (failing or pace.address > settings.ADDRESS_GIFTS_A_MINUTE) and not answered:
        return Verdict.ASK
    return Verdict.HOLD if pace.window > WINDOW / settings.PERSON_SECONDS else Verdict.GO


@cache
def _tallies() -> tuple[Tally, Tally, Tally]:
    return (
        Tally("pace", seconds=WINDOW, share_from=3),
        Tally("hour", seconds=3600, share_from=3),
        Tally("address", seconds=60, share_from=max(settings.ADDRESS_GIFTS_A_MINUTE // 8, 1)),
    )


def look(request: HttpRequest) -> Verdict:
    """What to do with one more gift of this visitor. Counts it, once per request."""
    seen: Verdict | None = request.META.get(SEEN)
    return seen or _look(request, checkout.visitor(request), stopped_now(), _failing.now())


def _look(request: HttpRequest, who: str, stopped: frozenset[str], streets: frozenset[str]) -> Verdict:
    pace, hour, address = _tallies()
    at_address = address.add(request.META.get("REMOTE_ADDR", ""))
    counted = Pace(pace.add(who), hour.add(who), at_address)
    failing = bool(streets) and checkout.street(request) in streets
    answered = (failing or at_address > settings.ADDRESS_GIFTS_A_MINUTE) and _answered(request, who)
    verdict = judge(counted, stopped=who in stopped, answered=answered, failing=failing)
    request.META[SEEN] = verdict
    return verdict


def look_here(request: HttpRequest) -> Verdict | None:
    """`look`, without asking Valkey or the database; None, and nothing is counted, where it would ask."""
    who = checkout.visitor(request)
    pace, hour, address = _tallies()
    ours = pace.is_ours(who) and hour.is_ours(who) and address.is_ours(request.META.get("REMOTE_ADDR", ""))
    if not (ours and _stopped.will_do() and _failing.will_do()):
        return None
    return _look(request, who, _stopped.last, _failing.last)


def _answered(request: HttpRequest, who: str) -> bool:
    if challenge.is_remembered(request.COOKIES.get(challenge.COOKIE, ""), who):
        return True
    form = request.POST
    solved = challenge.is_solved(
        form.get("puzzle", ""), said=form.get("said", ""), proof=form.get("proof", "")
    )
    if solved:
        request.META[challenge.COOKIE] = challenge.remembered(who)
    return solved


@dataclass(frozen=True)
class Question:
    """What somebody at a busy or suspicious address is asked; `kept` are the fields of their form, sent again with the answer."""

    puzzle: challenge.Puzzle
    kept: tuple[tuple[str, str], ...]
    wrong: bool


def question(request: HttpRequest) -> Question:
    own = {"csrfmiddlewaretoken", "puzzle", "said", "proof"}
    kept = [(name, value) for name in request.POST if name not in own for value in request.POST.getlist(name)]
    return Question(challenge.puzzle(), tuple(kept), wrong="puzzle" in request.POST)


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Leave the mark of somebody who answered just now."""
    if cookie := request.META.get(challenge.COOKIE):
        secure = settings.SITE_URL.startswith("https://")
        response.set_cookie(
            challenge.COOKIE, cookie, challenge.REMEMBERED, httponly=True, samesite="Lax", secure=secure
        )
    return response


class _EverySecond:
    """What the database says, asked at most once a second by each process; `last` is what it said then."""

    def __init__(
        self, ask: Callable[[datetime], frozenset[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._clock = ask, clock
        self.last = frozenset[str]()
        self.forget()

    def forget(self) -> None:
        self._at = self._sent_at = -STALE_SECONDS

    def now(self) -> frozenset[str]:
        if self._clock() - self._at > FRESH_SECONDS:
            self._at = self._clock()
            self.last = self._ask(timezone.now())
        return self.last

    def will_do(self) -> bool:
        """Whether `last` is new enough for whoever cannot ask. Once it is not fresh one of them is sent to where it
        is asked, and the others go on: a crowd that all went there would keep itself waiting.
        """
        now = self._clock()
        age = now - self._at
        if FRESH_SECONDS < age <= STALE_SECONDS and now - self._sent_at > FRESH_SECONDS:
            self._sent_at = now
            return False
        return age <= STALE_SECONDS


_stopped = _EverySecond(lambda at: stopped_clients(at=at))
_failing = _EverySecond(lambda at: failing_streets(at=at))


def stopped_now() -> frozenset[str]:
    """Visitors whose payments failed too often just now."""
    return _stopped.now()


def forget() -> None:
    """As a process that has just begun."""
    _tallies.cache_clear()
    _stopped.forget()
    _failing.forget()
