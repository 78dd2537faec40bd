"""The first thing behind the server: kept pages are answered here, everything else takes its turn.

A kept page costs no Django, no session and no database. What cannot be served in time is told so at once:
looking first, giving last.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import Counter

from backend.interfaces.crowd import gate, lanes
from backend.interfaces.crowd.inner import Application, Environ, StartResponse, render
from backend.interfaces.crowd.kept import Answer, answer
from backend.interfaces.crowd.lanes import Turns
from backend.interfaces.crowd.paths import Lane, PageKey, cookies_of, lane_of, language_of, page_key
from backend.interfaces.crowd.shelf import Later, Shelf

KEPT = Counter("zhisong_kept_pages_total", "Requests answered with a kept page", ["status"])
First = Callable[[Environ, StartResponse], Iterable[bytes] | None]
BUSY = "503 Service Unavailable"
COOKIES = "zhisong.cookies"  # those of this request, read once, for the next in line


class Front:
    """Wraps a WSGI application. `first` is asked before a turn is taken, for what needs no processor but waits:
    it answers, or returns None.
    """

    def __init__(
        self,
        application: Application,
        widths: Mapping[Lane, Turns] | None = None,
        later: Later | None = None,
        first: First | None = None,
    ) -> None:
        self.application, self.first = application, first
        self.lanes = widths or lanes.of_settings()
        self.shelf = Shelf(lambda key: render(application, key), later)
        self.gate = gate.Gate(self.shelf, self._overloaded)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        cookies = environ[COOKIES] = cookies_of(environ)
        key = page_key(environ, cookies)
        if key is not None:
            kept = self.shelf.get(key, hurried=self._overloaded())
            if kept is not None:
                return _send(answer(kept, environ), start_response)
        turn = self.gate.ask(environ, cookies)
        if turn.answer is not None:
            return _send(turn.answer, start_response)
        start_response = turn.saying(start_response)
        answered = self.first(environ, start_response) if self.first else None
        return self._take_turn(environ, start_response) if answered is None else answered

    def _overloaded(self) -> bool:
        return self.lanes[Lane.PAGE].full or self.lanes[Lane.BEGIN].full

    def _take_turn(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        lane = lane_of(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        turns = self.lanes.get(lane)
        if turns is None:
            return self.application(environ, start_response)
        if not turns.enter():
            return _send(self._busy(environ), start_response)
        try:
            parts: Any = self.application(environ, start_response)
            if getattr(parts, "streaming", True):
                return parts  # type: ignore[no-any-return]
            try:
                return [b"".join(parts)]
            finally:
                parts.close()
        finally:
            turns.leave()

    def _busy(self, environ: Environ) -> Answer:
        """Quick and clear, for people and for machines. Retry-After differs, so that they do not all come back at once."""
        wait = str(random.randint(3, 9))
        headers = [("Retry-After", wait), ("Cache-Control", "no-store")]
        language = language_of(environ, cookies_of(environ))
        kept = (
            self.shelf.get(PageKey("/busy/", "", language, ""), hurried=True)
            if _wants_page(environ)
            else None
        )
        if kept is None:
            body = b'{"code":"busy","detail":"Too many at once. Nothing was changed. Send it again after Retry-After seconds."}'
            return Answer(BUSY, [*headers, ("Content-Type", "application/json")], body)
        return Answer(BUSY, [*headers, *kept.headers], kept.body)


def _wants_page(environ: Mapping[str, Any]) -> bool:
    return "text/html" in environ.get("HTTP_ACCEPT", "")


def _send(said: Answer, start_response: StartResponse) -> Iterable[bytes]:
    KEPT.labels(said.status[:3]).inc()
    start_response(said.status, said.headers)
    return [said.body]
