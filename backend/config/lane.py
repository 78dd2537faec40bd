"""A crowd's gifts pass here, before Django and all that pages need; what `quick` leaves goes the whole way.

Kept are the address behind our proxies, the form's token, session and user (in `quick`), the headers of every
answer and the figures. The log has one line per batch, written by the gift writer. No turn is taken: what a gift
waits for is the writer. Most wait without a thread (`ask_soon`); a gift for which somebody else must be asked
first (a member, an address of many) waits in one.
"""

import asyncio
import functools
import time
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import structlog
from csp.middleware import CSPMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from backend.config import metrics
from backend.config.middleware import PermissionsPolicy, name_of, seen_address
from backend.donations import operations
from backend.donations.writer import Busy, Placed, Said
from backend.interfaces.crowd.front import COOKIES
from backend.interfaces.crowd.inner import Environ, StartResponse
from backend.interfaces.crowd.paths import cookies_of
from backend.interfaces.shop import quick, robots
from backend.interfaces.shop.robots import Verdict
from backend.kernel.errors import Refused
from backend.kernel.settings import settings

log = structlog.get_logger("request")
Headers = list[tuple[str, str]]


class GiveLane:
    """Half a WSGI application: it answers, or returns None."""

    path = quick.PATH

    def __init__(self) -> None:
        self.headers = {secure: _headers_of_every_answer(secure) for secure in (False, True)}
        self.answered = metrics.REQUESTS.labels("POST", quick.PATH, 302)
        self.seconds = metrics.SECONDS.labels(quick.PATH)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "POST" or environ.get("PATH_INFO") != quick.PATH:
            return None
        began = time.perf_counter()
        headers = self._ask(environ)
        if headers is None:
            return None
        start_response("302 Found", self._complete(headers, environ, began))
        return [b""]

    def answers(self, loop: asyncio.AbstractEventLoop) -> "Answers":
        """Where gifts of this loop hear from the writer."""
        return Answers(loop)

    async def ask_soon(self, environ: Environ, cookies: dict[str, str], answers: "Answers") -> Headers | None:
        """The headers of a gift's 302, without a thread and without asking anybody but the writer."""
        began = time.perf_counter()
        try:
            headers = await self._soon(environ, cookies, answers)
        except Exception as error:
            log.error("the short way failed", exc_info=error)
            return None
        return None if headers is None else self._complete(headers, environ, began)

    async def _soon(self, environ: Environ, cookies: dict[str, str], answers: "Answers") -> Headers | None:
        environ["REMOTE_ADDR"] = seen_address(environ)
        asked = quick.read(environ, cookies, guests=True)
        if asked is None or robots.look_here(asked) is not Verdict.GO:
            return None
        try:
            said = await answers.of(lambda tell: operations.place_soon(**quick.wish(asked), tell=tell))
        except Refused as refusal:
            said = refusal
        if isinstance(said, Placed):
            return quick.lead(asked, operations.presented(said))
        if not isinstance(said, Refused):
            raise said
        quick.refused(asked, said)
        return None

    def _complete(self, headers: Headers, environ: Environ, began: float) -> Headers:
        secure = _is_secure(environ.get("wsgi.url_scheme"), environ.get("HTTP_X_FORWARDED_PROTO"))
        self.answered.inc()
        self.seconds.observe(time.perf_counter() - began)
        return [*headers, *self.headers[secure], ("X-Request-Id", name_of(environ))]

    def _ask(self, environ: Environ) -> Headers | None:
        """What `quick` says. A fault in it is told, and the long way answers."""
        environ["REMOTE_ADDR"] = seen_address(environ)
        try:
            return quick.quick(environ, environ.get(COOKIES) or cookies_of(environ))
        except Exception as error:
            log.error("the short way failed", exc_info=error)
            return None
        finally:
            if connection.connection is not None:
                close_old_connections()


class Answers:
    """What the writer says to gifts that wait in an event loop: one call wakes the loop for a whole batch."""

    def __init__(self, loop: asyncio.AbstractEventLoop, look_seconds: float = 1.0) -> None:
        self._loop, self._look_seconds = loop, look_seconds
        self._said: deque[tuple[asyncio.Future[Said], Said]] = deque()
        self._called = False
        self._due: deque[tuple[float, asyncio.Future[Said]]] = deque()

    async def of(self, ask: Callable[[Callable[[Said], None]], None]) -> Said:
        """What is told to the function that `ask` gets; Busy when nothing is in time."""
        future: asyncio.Future[Said] = self._loop.create_future()
        ask(functools.partial(self._hear, future))
        if not self._due:
            self._loop.call_later(self._look_seconds, self._give_up)
        self._due.append((self._loop.time() + settings.GIFT_WAIT_SECONDS, future))
        return await future

    def _hear(self, future: asyncio.Future[Said], said: Said) -> None:
        """In the writer's thread."""
        self._said.append((future, said))
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._called = False
        while self._said:
            future, said = self._said.popleft()
            if not future.done():
                future.set_result(said)

    def _give_up(self) -> None:
        """Now and then while somebody waits. All wait equally long: the first is always due first."""
        now = self._loop.time()
        while self._due and (self._due[0][1].done() or self._due[0][0] <= now):
            future = self._due.popleft()[1]
            if not future.done():
                future.set_result(Busy())
        if self._due:
            self._loop.call_later(self._look_seconds, self._give_up)


@functools.lru_cache(maxsize=64)
def _is_secure(scheme: str | None, forwarded: str | None) -> bool:
    """Django's own word on it."""
    said = {"wsgi.url_scheme": scheme or "http"}
    if forwarded is not None:
        said["HTTP_X_FORWARDED_PROTO"] = forwarded
    return WSGIRequest({"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), **said}).is_secure()


def _headers_of_every_answer(secure: bool) -> Headers:
    """What the middleware with fixed answers adds, found out by asking it once."""
    request = HttpRequest()
    request.META.update(SERVER_NAME="localhost", SERVER_PORT="443" if secure else "80")
    request._get_scheme = lambda: "https" if secure else "http"  # type: ignore[attr-defined]
    chain: Any = lambda _: HttpResponse()  # noqa: E731
    chain = CSPMiddleware(chain)
    chain = XFrameOptionsMiddleware(chain)
    chain = SecurityMiddleware(chain)
    chain = PermissionsPolicy(chain)
    return [item for item in chain(request).items() if item[0] != "Content-Type"]
