"""The counting pages of a school: opened by a signed link or QR, usable for days without a network.

The link itself is the right to count (no cookie takes part), so these views need no CSRF token: a page that
lay in a phone for three days must still be taken.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from backend.confirmations.operations import DropFailed, NothingToCount, TallyElsewhere, submit_tally
from backend.confirmations.queries import Sheet, linked_sheet, waiting
from backend.deliveries.operations import issue_code
from backend.deliveries.queries import drop_by_link
from backend.deliveries.rules import DropState
from backend.interfaces.confirm import pages
from backend.interfaces.entry import seat_required
from backend.kernel.errors import Refused
from backend.parties.queries import Seat
from backend.parties.rules import Role

UUID_LENGTH = 64


def linked(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open the sheet that the link names; say plainly when the link has ended."""

    @never_cache
    @csrf_exempt
    @wraps(view)
    def enter(request: HttpRequest, token: str) -> HttpResponseBase:
        sheet = linked_sheet(token=token)
        gone = sheet is None
        answer = render(request, "confirm/gone.html", status=404) if gone else view(request, token, sheet)
        answer["Referrer-Policy"] = "no-referrer"  # the address is the right to count: it goes nowhere
        return answer

    return enter


@never_cache
@require_safe
@seat_required(Role.KEEPER, Role.OWNER)
def home(request: HttpRequest, seat: Seat) -> HttpResponse:
    """For a keeper who signed in instead of opening a link: what is on its way and waits to be counted."""
    page = pages.HomePage(seat.names, waiting(recipient=seat.organisation))
    return render(request, "confirm/home.html", {"page": page})


def _others(sheet: Sheet) -> list[Any]:
    return list(waiting(recipient=sheet.recipient, except_drop=sheet.drop))


def _count_page(sheet: Sheet, token: str, **more: Any) -> pages.CountPage:
    values = {"client_uuid": uuid.uuid4().hex, "fields": pages.empty(sheet), **more}
    return pages.CountPage(
        sheet, token, others=_others(sheet), failed=sheet.state is DropState.FAILED, **values
    )


@linked
@require_safe
def count(request: HttpRequest, token: str, sheet: Sheet) -> HttpResponse:
    """The slip to count on, or the receipt once somebody has counted."""
    if sheet.confirmed_at:
        page = pages.receipt(sheet, token, _others(sheet), another="other" in request.GET)
        return render(request, "confirm/receipt.html", {"page": page})
    return render(request, "confirm/count.html", {"page": _count_page(sheet, token)})


@linked
@require_POST
def send(request: HttpRequest, token: str, sheet: Sheet) -> HttpResponse:
    """The plain form, for phones without JavaScript."""
    said, fields = pages.from_form(request.POST, sheet)
    uuid_sent = request.POST.get("client_uuid", "")[:UUID_LENGTH] or uuid.uuid4().hex
    second = request.POST.get("second_adult", "")
    if any(field.error for field in fields):
        page = _count_page(sheet, token, fields=fields, client_uuid=uuid_sent, second_adult=second)
        return render(request, "confirm/count.html", {"page": page}, status=422)
    at = timezone.now()
    try:
        first = _submit(sheet, said, uuid_sent, second, device=_device(request), counted_at=at, at=at)
    except (DropFailed, NothingToCount, TallyElsewhere):
        return redirect("confirm:count", token=token)
    return redirect(_receipt_url(token, first))


@linked
@require_POST
def tally(request: HttpRequest, token: str, sheet: Sheet) -> HttpResponse:
    """One tally out of a phone's queue, as often as it likes: {client_uuid, counted_at, second_adult, counts}.

    200 with the receipt's address; 409 when this drop cannot be counted, 422 when it is no count. Both mean:
    do not send it again.
    """
    try:
        body = json.loads(request.body)
        said = pages.from_json(body.get("counts"), sheet)
        uuid_sent = str(body["client_uuid"])[:UUID_LENGTH]
    except (pages.Unreadable, ValueError, KeyError, AttributeError) as error:
        return JsonResponse({"code": "unreadable", "message": str(error)}, status=422)
    at = timezone.now()
    counted_at = _moment(body.get("counted_at")) or at
    second = str(body.get("second_adult") or "")
    try:
        first = _submit(sheet, said, uuid_sent, second, device=_device(request), counted_at=counted_at, at=at)
    except Refused as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=409)
    return JsonResponse({"receipt": _receipt_url(token, first), "first": first})


def _submit(sheet: Sheet, said: list[pages.Said], client_uuid: str, second: str, **times: Any) -> bool:
    """True when this tally is the one that counts."""
    parts = {row.item: row.parts for row in sheet.rows}
    confirmation = submit_tally(
        drop=sheet.drop,
        client_uuid=client_uuid,
        counts=[found for one in said for found in one.found(parts[one.item])],
        second_adult=second,
        actor=f"org:{sheet.recipient}",
        **times,
    )
    return confirmation.tally.client_uuid == client_uuid


def _receipt_url(token: str, first: bool) -> str:
    return reverse("confirm:count", kwargs={"token": token}) + ("" if first else "?other")


def _device(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:80]


def _moment(text: Any) -> datetime | None:
    try:
        at = parse_datetime(str(text))
        return at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


@linked
@require_POST
def code(request: HttpRequest, token: str, sheet: Sheet) -> HttpResponse:
    """A new code for the courier, shown once. The one before it ends."""
    if sheet.state is not DropState.EXPECTED:
        return redirect("confirm:count", token=token)
    at = timezone.now()
    drop = drop_by_link(token=token)
    assert drop is not None
    new = issue_code(drop=drop, actor=f"org:{sheet.recipient}", at=at)
    return render(request, "confirm/count.html", {"page": _count_page(sheet, token, code=new)})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: it must stand above the pages it serves."""
    text = render_to_string("confirm/sw.js")
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer
