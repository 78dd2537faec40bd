"""What wraps every request: who really asks, a name for the request, its log line and its figures."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.config import metrics
from backend.kernel.settings import settings

Answer = Callable[[HttpRequest], HttpResponseBase]
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET = ("/static/", "/health/", "/metrics")
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()"
log = structlog.get_logger("request")


def seen_address(meta: Mapping[str, Any]) -> str:
    """The address that the outermost of our TRUSTED_PROXIES saw.

    Each proxy appends to X-Forwarded-For, so only as many entries from its end count as there are proxies.
    """
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        seen = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(seen) >= proxies and seen[-proxies]:
            return str(seen[-proxies])
    return str(meta.get("REMOTE_ADDR", ""))


class ClientAddress:
    """REMOTE_ADDR becomes the address of who really asks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = seen_address(request.META)
        return self.get_response(request)


def name_of(meta: Mapping[str, Any]) -> str:
    """The request's own name where it is a decent one, else a new one."""
    given = meta.get("HTTP_X_REQUEST_ID", "")
    return given if GIVEN_ID.fullmatch(given) else f"{time.time_ns():x}"


class RequestLog:
    """Name each request, echo the name, log one line and count it.

    The line carries the route, never the path: paths hold tokens.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = name_of(request.META)
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
