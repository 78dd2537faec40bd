"""The short way of a gift that asks nothing of us but to be placed; everything else takes the long way.

A donor's POST needs the form's token, the visitor's session and the writer, and is answered with an address.
Whatever else is in it (something to mend, a basket to tidy, an answer in words) is left to `giving.give`,
which does not ask again what this way has been refused.
"""

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.translation import get_language_from_request

from backend.donations import operations
from backend.donations.rules import GiftLine, NoSuchNeed
from backend.interfaces.shop import basket, checkout, giving, here, robots, unpaid
from backend.interfaces.shop.checkout import Filled
from backend.interfaces.shop.robots import Verdict
from backend.kernel.errors import Refused

PATH = "/give/"
_csrf = CsrfViewMiddleware(lambda request: HttpResponse())


def quick(request: HttpRequest) -> HttpResponse | None:
    """The way to the gateway for a plain gift, None for all that wants the long way."""
    if not _is_ours(request):
        return None
    filled = checkout.read(request.POST)
    if not _is_plain(request, filled) or robots.look(request) is not Verdict.GO:
        return None
    try:
        placed = operations.place(
            client=checkout.visitor(request),
            key=filled.key,
            lines=_lines(filled),
            donor=checkout.donor(filled, request, get_language_from_request(request)),
            actor=checkout.visitor(request),
            at=timezone.now(),
        )
    except NoSuchNeed:
        return None  # the long way leaves out what is gone
    except Refused as refusal:
        checkout.refuse(request, refusal)
        return None
    if not placed.pay_url:
        return None
    response = robots.remember(request, _to(placed.pay_url))
    unpaid.leave(response, placed.tokens[:1])
    here.leave_mark(response)
    return response


def _is_ours(request: HttpRequest) -> bool:
    """Whether the form comes from a page of ours, by Django's own check. Sets the session and the user."""
    _csrf.process_request(request)
    if _csrf.process_view(request, giving.give, (), {}) is not None:
        return False
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = auth.get_user(request)
    return request.user.is_authenticated or "visitor" in request.session


def _is_plain(request: HttpRequest, filled: Filled) -> bool:
    """Nothing to mend, nothing to tidy up, every price as a page of ours showed it."""
    return (
        request.POST.get("act") == "pay"
        and bool(filled.wishes)
        and not basket.kept(request)
        and all(filled.prices.get(wish.need) for wish in filled.wishes)
        and not checkout.faults(filled)
    )


def _lines(filled: Filled) -> list[GiftLine]:
    return [
        GiftLine(wish.need, wish.quantity, filled.prices[wish.need], filled.promise) for wish in filled.wishes
    ]


def _to(address: str) -> HttpResponse:
    return HttpResponse(
        status=302,
        headers={
            "Location": address,
            "Content-Length": "0",
            "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
        },
    )
