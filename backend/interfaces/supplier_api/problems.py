"""Every refusal as application/problem+json (RFC 9457), in one place."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from backend.journal.operations import KeyReused
from backend.kernel.errors import Conflicts, Malformed, Missing, NotAllowed, Refused
from backend.parties.operations import BadKey
from backend.supplier_orders.operations import OrderChanged

CONTENT_TYPE = "application/problem+json"


class Detail(Schema):
    """One thing that is wrong: where it stands (JSON pointer), a stable code, words for people."""

    pointer: str
    code: str
    message: str


class Problem(Schema):
    """Why nothing was done. `code` is stable; accept codes that you do not know."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[Detail] = Field(default_factory=list)
    request_id: str


class TooManyRequests(Refused):
    """This key has used up its requests: wait as many seconds as Retry-After says."""

    code = "too_many_requests"


class PreconditionMissing(Refused):
    """Send If-Match with the ETag of the order that you read."""

    code = "precondition_required"


class KeyMissing(Refused):
    """Send an Idempotency-Key that is new for every new act."""

    code = "idempotency_key_missing"


# the first that fits counts
STATUS: Sequence[tuple[type[Refused], int]] = (
    (BadKey, 401),
    (KeyMissing, 400),
    (PreconditionMissing, 428),
    (TooManyRequests, 429),
    (OrderChanged, 412),
    (KeyReused, 422),
    (Malformed, 422),
    (NotAllowed, 403),
    (Missing, 404),
    (Conflicts, 409),
)
TITLES = {
    400: "Bad request",
    401: "Unknown key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed since you read it",
    413: "Too large",
    422: "Does not make sense",
    428: "If-Match is missing",
    429: "Too many requests",
    500: "Our mistake",
}


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str = "",
    errors: Sequence[Mapping[str, str]] = (),
) -> HttpResponse:
    """A refusal as an answer."""
    body = Problem(
        title=TITLES.get(status, "Refused"),
        status=status,
        code=code,
        detail=detail,
        errors=[Detail(**dict(error)) for error in errors],
        request_id=getattr(request, "request_id", ""),
    )
    response = JsonResponse(body.model_dump(), status=status, content_type=CONTENT_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="zhisong"'
    return response


def _of_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    status = next(status for kind, status in STATUS if isinstance(refusal, kind))
    message = " ".join(str(refusal).split())
    found: Sequence[Any] = refusal.details.get("problems", ())  # type: ignore[assignment]
    errors = [{"pointer": p.pointer, "code": p.code, "message": p.message} for p in found]
    if not errors and refusal.pointer:
        errors = [{"pointer": refusal.pointer, "code": refusal.code, "message": message}]
    return problem(request, status, refusal.code, message, errors)


def _of_validation(request: HttpRequest, failure: ValidationError) -> HttpResponse:
    missing = {
        error["loc"][-1].lower()
        for error in failure.errors
        if error["loc"][0] == "header" and error["type"] == "missing"
    }
    if "idempotency-key" in missing:
        return _of_refusal(request, KeyMissing())
    if "if-match" in missing:
        return _of_refusal(request, PreconditionMissing())
    errors = [
        {"pointer": _pointer(error["loc"]), "code": error["type"], "message": error["msg"]}
        for error in failure.errors
    ]
    return problem(request, 422, "malformed", errors[0]["message"], errors)


def _pointer(place: Sequence[object]) -> str:
    """A JSON pointer into the body; for anything else the place and the name."""
    if place[0] == "body":
        return "".join(f"/{step}" for step in place[2:])
    return "#" + "/".join(str(step) for step in place)


def _of_http(request: HttpRequest, failure: HttpError) -> HttpResponse:
    code = {400: "not_json", 401: "bad_key"}.get(failure.status_code, "refused")
    return problem(request, failure.status_code, code, str(failure))


def install(api: NinjaAPI) -> None:
    """Give `api` its one way to refuse."""
    api.add_exception_handler(Refused, _of_refusal)  # type: ignore[arg-type]
    api.add_exception_handler(ValidationError, _of_validation)  # type: ignore[arg-type]
    api.add_exception_handler(HttpError, _of_http)  # type: ignore[arg-type]
    api.add_exception_handler(
        Http404, lambda request, _: problem(request, 404, "missing", "there is no such thing")
    )
