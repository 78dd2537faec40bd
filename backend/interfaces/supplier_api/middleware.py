"""What every answer of the supplier API carries, also the refusals that no endpoint made."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from backend.interfaces.supplier_api.problems import CONTENT_TYPE, problem

PREFIX = "/api/supplier/"
VERSION = "2026-11-24"
ELSEWHERE = {
    404: "missing",
    405: "method_not_allowed",
    413: "too_large",
    400: "bad_request",
    500: "our_mistake",
}


def supplier_api(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Say the version and what is left of the rate; refuse in one format."""

    def enter(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return get_response(request)
        request.request_id = _request_id()  # type: ignore[attr-defined]
        response = _with_version(request, get_response)
        response["Zhisong-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        _tell_rate(request, response)
        return response

    return enter


def _with_version(request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    asked = request.headers.get("Zhisong-Version", VERSION)
    if asked != VERSION:
        return problem(request, 400, "unknown_version", f"versions are dated; there is {VERSION}")
    response = get_response(request)
    code = ELSEWHERE.get(response.status_code)
    if code and response.headers.get("Content-Type") != CONTENT_TYPE:
        plain = problem(request, response.status_code, code)
        if response.has_header("Allow"):
            plain["Allow"] = response["Allow"]
        return plain
    return response


def _request_id() -> str:
    """The name that the request's log line carries."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _tell_rate(request: HttpRequest, response: HttpResponse) -> None:
    allowance = getattr(request, "allowance", None)
    if allowance is None:
        return
    left, wait = max(allowance.left, 0), allowance.resets_in
    response["RateLimit-Policy"] = f'"key";q={allowance.limit};w=60'
    response["RateLimit"] = f'"key";r={left};t={wait}'
    if response.status_code == 429:
        response["Retry-After"] = str(wait)
