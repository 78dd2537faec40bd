"""What wraps every request: who really asks, a name for the request, its log line and its figures."""

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.config import metrics

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


class RequestLog:
    """Name each request, echo the name, log one line and count it.

    The line carries the route, never the path: paths hold tokens.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-Id", "")
        name = given if GIVEN_ID.fullmatch(given) else f"{time.time_ns():x}"
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
