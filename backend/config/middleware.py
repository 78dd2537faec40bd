"""What wraps every request: who really asks, a name for the request, its log line and its figures."""

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from backend.config import metrics
from backend.interfaces.shop import quick

Answer = Callable[[HttpRequest], HttpResponseBase]
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET = ("/static/", "/health/", "/metrics")
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()"
log = structlog.get_logger("request")


class ClientAddress:
    """REMOTE_ADDR becomes the address that the outermost of our TRUSTED_PROXIES saw.

    Each proxy appends to X-Forwarded-For, so only as many entries from its end count as there are proxies.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.proxies = settings.TRUSTED_PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.proxies:
            seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
            if len(seen) >= self.proxies and seen[-self.proxies]:
                request.META["REMOTE_ADDR"] = seen[-self.proxies]
        return self.get_response(request)


def name_of(request: HttpRequest) -> str:
    """The request's own name where it is a decent one, else a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if GIVEN_ID.fullmatch(given) else f"{time.time_ns():x}"


class RequestLog:
    """Name each request, echo the name, log one line and count it.

    The line carries the route, never the path: paths hold tokens.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = name_of(request)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        began = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-Id"] = name
        if not request.path_info.startswith(QUIET):
            self._tell(request, response, time.perf_counter() - began)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """The traceback of what no door turned into an answer."""
        route = f"/{request.resolver_match.route}" if request.resolver_match else "-"
        log.error("unhandled", route=route, exc_info=exception)

    def _tell(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        match = request.resolver_match
        route = f"/{match.route}" if match else "-"
        metrics.REQUESTS.labels(request.method, route, response.status_code).inc()
        metrics.SECONDS.labels(route).observe(seconds)
        told = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
        }
        (log.error if response.status_code >= 500 else log.info)("request", **told)


class PermissionsPolicy:
    """What pages may ask of a browser: the courier's camera and place, nothing else."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class GiveLane:
    """A crowd's gifts pass here, before all that pages need; what `quick` leaves goes the whole way.

    Kept are the address behind our proxies (before this), the form's token, session and user (in `quick`),
    the headers of every answer and the figures. The log has one line per batch, written by the gift writer.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.headers = {secure: _headers_of_every_answer(secure) for secure in (False, True)}
        self.answered = metrics.REQUESTS.labels("POST", quick.PATH, 302)
        self.seconds = metrics.SECONDS.labels(quick.PATH)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or request.path_info != quick.PATH:
            return self.get_response(request)
        began = time.perf_counter()
        response = quick.quick(request)
        if response is None:
            return self.get_response(request)
        for name, value in self.headers[request.is_secure()]:
            response.headers[name] = value
        response.headers["X-Request-Id"] = name_of(request)
        self.answered.inc()
        self.seconds.observe(time.perf_counter() - began)
        return response


def _headers_of_every_answer(secure: bool) -> list[tuple[str, str]]:
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
