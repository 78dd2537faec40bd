"""The gate before giving: who may go on, who takes a ticket, and the waiting room's own pages.

Only the way to the confirm page is guarded. A gift that was begun goes on: its visitor holds a pass.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote

from backend.interfaces.crowd import saying
from backend.interfaces.crowd.kept import Answer
from backend.interfaces.crowd.paths import PageKey, cookies_of, is_https, language_of
from backend.interfaces.crowd.room import Place, Room, State
from backend.interfaces.crowd.shelf import Shelf
from backend.interfaces.crowd.tickets import (
    PASS_COOKIE,
    PASS_SECONDS,
    TICKET_COOKIE,
    TICKET_SECONDS,
    new_pass,
    new_ticket,
    read_pass,
    read_ticket,
)
from backend.kernel.settings import settings

GIVE, WAIT, STATUS = "/give/", "/wait/", "/wait/status"
Header = tuple[str, str]
NO_STORE: Header = ("Cache-Control", "no-store")


@dataclass(frozen=True)
class Turn:
    """What the gate says: an `answer`, or go on and say these `headers` too."""

    answer: Answer | None = None
    headers: list[Header] = field(default_factory=list)

    def saying(self, start_response: Callable[..., Any]) -> Callable[..., Any]:
        if not self.headers:
            return start_response

        def start(status: str, headers: list[Header], *more: Any) -> Any:
            return start_response(status, [*headers, *self.headers], *more)

        return start


GO_ON = Turn()


class Gate:
    """`overloaded` tells whether this house should let nobody in at this moment."""

    def __init__(
        self,
        shelf: Shelf,
        overloaded: Callable[[], bool],
        room: Room | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shelf, self._overloaded, self._clock = shelf, overloaded, clock
        self.room = room or Room(clock=clock)

    def ask(self, environ: Mapping[str, Any], cookies: Mapping[str, str]) -> Turn:
        path = environ.get("PATH_INFO", "")
        if not settings.CROWD_RATE or not path.startswith((GIVE, WAIT)):
            return GO_ON
        if path.startswith(WAIT):
            return self._wait(path, environ, cookies)
        if environ["REQUEST_METHOD"] == "POST":
            return self._post(environ, cookies)
        return self._begin(environ, cookies)

    def lets_by(self, cookies: Mapping[str, str]) -> bool:
        """Whether a gift that was begun goes on, said without asking anybody; False where that takes `ask`."""
        if not settings.CROWD_RATE or not self.room.crowded:
            return True
        held = read_pass(cookies.get(PASS_COOKIE, ""), self._clock())
        return held is not None and self.room.knows(held.id) and self.room.may_use(held.id)

    def _post(self, environ: Mapping[str, Any], cookies: Mapping[str, str]) -> Turn:
        """A gift that was begun goes on. Without a pass only while nobody waits: it would be a way around."""
        if not self.room.crowded:
            return GO_ON
        held = read_pass(cookies.get(PASS_COOKIE, ""), self._clock())
        if held and self.room.may_use(held.id):
            return GO_ON
        return Turn(_to(f"{WAIT}?to={GIVE}"))

    def _begin(self, environ: Mapping[str, Any], cookies: Mapping[str, str]) -> Turn:
        if read_pass(cookies.get(PASS_COOKIE, ""), self._clock()):
            return GO_ON
        if TICKET_COOKIE in cookies:
            return Turn(_to(_wait_for(environ)))
        place = self.room.come(None, may_enter=not self._overloaded())
        if place.state is State.IN:
            return Turn(headers=[self._pass(new_ticket(self._clock()).id)])
        return Turn(_to(_wait_for(environ), self._ticket()))

    def _wait(self, path: str, environ: Mapping[str, Any], cookies: Mapping[str, str]) -> Turn:
        to = _wanted(environ)
        if read_pass(cookies.get(PASS_COOKIE, ""), self._clock()):
            return Turn(_go(path, to))
        ticket = read_ticket(cookies.get(TICKET_COOKIE, ""), self._clock())
        if ticket is None:  # a place is kept for those alone who bring a ticket back
            return Turn(self._shown(path, environ, None, [self._ticket()]))
        place = self.room.come(ticket, may_enter=not self._overloaded())
        if place.state is State.IN:
            return Turn(_go(path, to, self._pass(ticket.id), _forget(TICKET_COOKIE)))
        if place.state is State.USED:
            return Turn(self._shown(path, environ, None, [self._ticket()]))
        return Turn(self._shown(path, environ, place, []))

    def _shown(
        self, path: str, environ: Mapping[str, Any], place: Place | None, headers: list[Header]
    ) -> Answer | None:
        language = language_of(environ, cookies_of(environ))
        words = saying.words(place, language)
        if path == STATUS:
            return _status(environ, {"state": "wait", **words.for_script()}, headers)
        kept = self._shelf.get(PageKey(WAIT, "", language, ""), hurried=True)
        if kept is None:
            return None
        body = words.written_into(kept.body, to=_wanted(environ))
        return Answer("200 OK", [*kept.headers, NO_STORE, *headers], body)

    def _ticket(self) -> Header:
        return _cookie_header(TICKET_COOKIE, new_ticket(self._clock()).signed(), TICKET_SECONDS)

    def _pass(self, ticket_id: str) -> Header:
        return _cookie_header(PASS_COOKIE, new_pass(ticket_id, self._clock()).signed(), PASS_SECONDS)


def _cookie_header(name: str, value: str, seconds: int) -> Header:
    secure = "; Secure" if is_https() else ""
    return ("Set-Cookie", f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")


def _forget(name: str) -> Header:
    return _cookie_header(name, "", 0)


def _to(where: str, *headers: Header) -> Answer:
    return Answer("303 See Other", [("Location", where), NO_STORE, ("Content-Length", "0"), *headers], b"")


def _wait_for(environ: Mapping[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    return f"{WAIT}?to={quote(environ['PATH_INFO'] + ('?' + query if query else ''))}"


def _wanted(environ: Mapping[str, Any]) -> str:
    """Where the visitor wants to: inside the give door, nowhere else."""
    to = parse_qs(environ.get("QUERY_STRING", "")).get("to", [GIVE])[0]
    inside = to.startswith(GIVE) and to.isprintable() and "\\" not in to
    return to if inside else GIVE


def _go(path: str, to: str, *headers: Header) -> Answer:
    if path == STATUS:
        return Answer("200 OK", [NO_STORE, ("Content-Type", "application/json"), *headers], b'{"state":"in"}')
    return _to(to, *headers)


def _status(environ: Mapping[str, Any], said: Mapping[str, object], headers: list[Header]) -> Answer:
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'W/"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    told = [("ETag", etag), ("Cache-Control", "private, no-cache"), ("Vary", "Cookie"), *headers]
    if environ.get("HTTP_IF_NONE_MATCH") == etag and not headers:
        return Answer("304 Not Modified", told, b"")
    return Answer("200 OK", [*told, ("Content-Type", "application/json; charset=utf-8")], body)
