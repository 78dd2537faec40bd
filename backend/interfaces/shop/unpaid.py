"""Gifts of this visitor that wait for their payment: their links stay in the signed session until it is over."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from backend.donations.queries import gifts_by_tokens
from backend.donations.rules import GiftStatus
from backend.interfaces.shop.pages import Unpaid

KEY = COOKIE = "unpaid"  # the short way of a gift writes no session: its link waits in a cookie of its own
MOST = 4  # a signed cookie holds 4 kB


def remember(request: HttpRequest, tokens: Iterable[str]) -> None:
    """Keep the links of gifts that were just placed, newest first."""
    kept = dict.fromkeys([*tokens, *request.session.get(KEY, ())])
    request.session[KEY] = list(kept)[:MOST]


def leave(response: HttpResponse, tokens: Iterable[str]) -> None:
    """Let the browser keep the link of a gift that was just placed, until a page of this visitor's takes it in."""
    for token in tokens:
        response.set_cookie(
            COOKIE,
            token,
            60 * settings.RESERVATION_MINUTES,
            httponly=True,
            samesite="Lax",
            secure=settings.SITE_URL.startswith("https://"),
        )


def take_in(request: HttpRequest) -> bool:
    """Move what `leave` left into the session; True when there was something."""
    token = request.COOKIES.get(COOKIE)
    if token:
        remember(request, [token])
    return bool(token)


def any_kept(request: HttpRequest) -> bool:
    return bool(request.session.get(KEY))


def waiting(request: HttpRequest, *, at: datetime) -> tuple[Unpaid, ...]:
    """Those that can still be paid; the session forgets the others."""
    tokens = list(request.session.get(KEY, ()))
    if not tokens:
        return ()
    found = gifts_by_tokens(tokens=tokens)
    held = {
        token: gift
        for token, gift in found.items()
        if gift.status is GiftStatus.PLACED and gift.expires_at and gift.expires_at > at
    }
    if list(held) != tokens:
        request.session[KEY] = list(held)
        if not held:
            del request.session[KEY]
    return tuple(
        Unpaid(gift.items, gift.amount, gift.expires_at, reverse("shop:paid", args=[token]))
        for token, gift in held.items()
        if gift.expires_at
    )
