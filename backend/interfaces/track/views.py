"""A gift's page, for a guest with its link and for its signed-in owner."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from backend.donations import operations as donations
from backend.donations.rules import Choice
from backend.donations.tokens import read_gift_token
from backend.interfaces import tickets
from backend.interfaces.track import pages
from backend.journal import queries as journal
from backend.kernel.errors import Refused
from backend.timelines import queries as timelines
from backend.timelines.story import Gift


def opened(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Find the gift that `key` opens: a signed link for anybody who has it, a public id for its owner."""

    @never_cache
    @wraps(view)
    def enter(request: HttpRequest, key: str, **more: Any) -> HttpResponseBase:
        if key.startswith("don_") and "." not in key:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            gift = timelines.gift(donation=key, user_id=request.user.pk)
        else:
            gift = _linked(key)
        if gift is None:
            return render(request, "track/gone.html", status=404)
        return view(request, gift, key, **more)

    return enter


def _linked(token: str) -> Gift | None:
    read = read_gift_token(token)
    if read is None:
        return None
    gift = timelines.gift(donation=read[0])
    return gift if gift and gift.link_version == read[1] else None


def _page(gift: Gift, key: str, seq: int, **more: Any) -> pages.GiftPage:
    return pages.gift_page(gift, key, seq=seq, now=timezone.now(), **more)


@require_safe
def gift(request: HttpRequest, key: str) -> HttpResponseBase:
    """The whole page."""
    seq = journal.head()  # before reading, so that nothing falls between page and stream

    @opened
    def show(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
        return render(request, "track/gift.html", {"page": _page(gift, key, seq)})

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


def _actor(request: HttpRequest, gift: Gift) -> str:
    user = request.user
    return f"user:{user.public_id}" if user.is_authenticated else f"gift:{gift.ref}"


@require_POST
@opened
def answer(request: HttpRequest, gift: Gift, key: str, question: str) -> HttpResponse:
    """The donor decides what becomes of units that nobody supplies."""
    asked = {a.ref: a for line in gift.lines for units in line.bought for a in units.questions}
    if question not in asked:
        raise Http404
    chosen = request.POST.get("choice", "")
    if chosen in asked[question].choices:
        _try(request, lambda: _answer(request, gift, question, chosen), gettext("记下了，就这么办。"))
    return redirect("track:gift", key=key)


def _answer(request: HttpRequest, gift: Gift, question: str, chosen: str) -> None:
    donations.answer(question=question, choice=Choice(chosen), actor=_actor(request, gift), at=timezone.now())


@require_POST
@opened
def undo(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """Take the gift back while nobody has begun to buy."""
    _try(
        request,
        lambda: donations.take_back(donation=gift.ref, actor=_actor(request, gift), at=timezone.now()),
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


def _try(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    try:
        act()
        messages.success(request, done, extra_tags="good")
    except Refused:
        messages.warning(request, gettext("晚了一步，情况已经变了。看看下面现在怎么样。"), extra_tags="late")
