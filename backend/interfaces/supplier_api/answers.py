"""Acts that may be repeated: the first answer to an Idempotency-Key is every answer to it."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Header, Schema

from backend.interfaces.supplier_api.keys import holder_of
from backend.journal.operations import first_answer, forget_answer, keep_answer
from backend.supplier_orders.operations import OrderChanged

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=120,
        pattern=r"^[\x21-\x7e]+$",
        description="New for every new act. A repeat within 24 hours gets the first answer.",
    ),
]
IfMatch = Annotated[
    str,
    Header(alias="If-Match", max_length=120, description="The ETag of the order as you read it."),
]
Act = Callable[[], tuple[int, Schema]]


def etag(public_id: str, version: int) -> str:
    """A strong tag of an order's state."""
    return f'"{public_id}.{version}"'


def version_in(if_match: str, public_id: str) -> int | None:
    """The version that an If-Match names; None for `*`. Raises OrderChanged when it is no tag of this order."""
    if if_match.strip() == "*":
        return None
    mine, _, version = if_match.strip().strip('"').partition(".")
    if mine != public_id or not version.isascii() or not version.isdigit() or len(version) > 9:
        raise OrderChanged("If-Match is no ETag of this order")
    return int(version)


def once(request: HttpRequest, key: str, act: Act) -> HttpResponse:
    """Do `act` and keep its answer in one transaction, or give the answer that was kept.

    A refusal is not kept: nothing was done, and the key may be used again.
    """
    client, now = f"key:{holder_of(request).organisation}", timezone.now()
    mark = hashlib.sha256(f"{request.method} {request.path} ".encode() + request.body).hexdigest()
    kept = first_answer(client=client, key=key, fingerprint=mark, at=now)
    if kept is not None:
        return _response(*kept, replayed=True)
    try:
        with transaction.atomic():
            status, schema = act()
            body = json.loads(schema.model_dump_json())
            keep_answer(client=client, key=key, status=status, body=body, at=now)
    except BaseException:
        forget_answer(client=client, key=key)
        raise
    return _response(status, body)


def _response(status: int, body: dict[str, Any], *, replayed: bool = False) -> HttpResponse:
    response = JsonResponse(body, status=status)
    if "etag" in body:
        response["ETag"] = body["etag"]
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response
