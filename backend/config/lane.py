"""A crowd's gifts pass here, before Django and all that pages need; what `quick` leaves goes the whole way.

Kept are the address behind our proxies, the form's token, session and user (in `quick`), the headers of every
answer and the figures. The log has one line per batch, written by the gift writer. No turn is taken: what a gift
waits for is the writer, and a thread that waits costs nothing.
"""

import functools
import time
from collections.abc import Iterable
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
from backend.interfaces.crowd.front import COOKIES
from backend.interfaces.crowd.inner import Environ, StartResponse
from backend.interfaces.crowd.paths import cookies_of
from backend.interfaces.shop import quick

log = structlog.get_logger("request")
Headers = list[tuple[str, str]]


class GiveLane:
    """Half a WSGI application: it answers, or returns None."""

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
        secure = _is_secure(environ.get("wsgi.url_scheme"), environ.get("HTTP_X_FORWARDED_PROTO"))
        start_response("302 Found", [*headers, *self.headers[secure], ("X-Request-Id", name_of(environ))])
        self.answered.inc()
        self.seconds.observe(time.perf_counter() - began)
        return [b""]

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
