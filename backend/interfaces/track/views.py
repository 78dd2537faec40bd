"""A gift's page, for a guest with its link and for its signed-in owner."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from backend.donations import operations as donations
from backend.donations.rules import Choice
from backend.interfaces import tickets
from backend.interfaces.track import pages, sharing
from backend.interfaces.track.opening import actor_of, opened, try_to
from backend.journal import queries as journal
from backend.kernel.errors import Refused
from backend.timelines.story import Gift


def _page(gift: Gift, key: str, seq: int, **more: Any) -> pages.GiftPage:
    return pages.gift_page(gift, key, seq=seq, now=timezone.now(), **more)


@require_safe
def gift(request: HttpRequest, key: str) -> HttpResponseBase:
    """The whole page."""
    seq = journal.head()  # before reading, so that nothing falls between page and stream

    @opened
    def show(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
        page = _page(gift, key, seq)
        return render(request, "track/gift.html", {"page": page, "own": sharing.own_part(gift)})

    return show(request, key)


@require_GET
def parts(request: HttpRequest, key: str) -> HttpResponseBase:
    """The parts that change, for htmx."""
    seq = journal.head()

    @opened
    def show(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
        return render(request, "track/parts.html", {"page": _page(gift, key, seq)})

    return show(request, key)


@require_GET
@opened
def ticket(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """A right to this gift's stream for a minute; the live process sees no cookie and no link."""
    return JsonResponse({"ticket": tickets.ticket(gift.ref)})


@require_POST
@opened
def answer(request: HttpRequest, gift: Gift, key: str, question: str) -> HttpResponse:
    """The donor decides what becomes of units that nobody supplies."""
    asked = {a.ref: a for line in gift.lines for units in line.bought for a in units.questions}
    if question not in asked:
        raise Http404
    chosen = request.POST.get("choice", "")
    if chosen in asked[question].choices:
        try_to(request, lambda: _answer(request, gift, question, chosen), gettext("记下了，就这么办。"))
    return redirect("track:gift", key=key)


def _answer(request: HttpRequest, gift: Gift, question: str, chosen: str) -> None:
    donations.answer(
        question=question, choice=Choice(chosen), actor=actor_of(request, gift), at=timezone.now()
    )


@require_POST
@opened
def undo(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """Take the gift back while nobody has begun to buy."""
    try_to(
        request,
        lambda: donations.take_back(donation=gift.ref, actor=actor_of(request, gift), at=timezone.now()),
        gettext("撤回了，钱原路退给你。"),
    )
    return redirect("track:gift", key=key)


@require_POST
@opened
def pay(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """On to the gateway of a gift that waits for its payment."""
    try:
        return HttpResponse(
            status=303, headers={"Location": donations.start_payment(donation=gift.ref, at=timezone.now())}
        )
    except Refused:
        return redirect("track:gift", key=key)
