"""The short way of a gift that asks nothing of us but to be placed; everything else takes the long way.

A donor's POST needs the form's token, the visitor's session and the writer, and is answered with an address.
It is read as the server hands it over, before Django makes a request of it. Whatever else is in it (something
to mend, a basket to tidy, an answer in words) is left to `giving.give`, which does not ask again what this
way has been refused.
"""

import functools
import re
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.signing import BadSignature, JSONSerializer
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language_from_request

from backend.donations import operations
from backend.donations.operations import PlacedGift
from backend.donations.rules import GiftLine, NoSuchNeed
from backend.interfaces.crowd import challenge
from backend.interfaces.shop import basket, checkout, form_token, here, robots, unpaid
from backend.interfaces.shop.checkout import Filled
from backend.interfaces.shop.robots import Verdict
from backend.kernel.errors import Refused
from backend.kernel.settings import settings
from backend.kernel.signing import timestamp_signer

PATH = "/give/"
FORMS = {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=UTF-8"}
MOST_BYTES, MOST_FIELDS = 16_384, 120
SESSION_SALT = "django.contrib.sessions.backends.signed_cookies"
_MARK = "the-link"  # stands in a cookie for the gift's own link
_QUOTED = re.compile("(?:%[0-9A-Fa-f]{2})+").fullmatch
_guest = AnonymousUser()
Header = tuple[str, str]


class Asked(HttpRequest):
    """What the shop's rules ask of a request, and nothing that they do not."""

    filled: Filled

    def __init__(self, environ: dict[str, Any], cookies: dict[str, str], form: Mapping[str, str]) -> None:
        self.META, self.COOKIES, self.POST = environ, cookies, cast(Any, form)
        self.method = "POST"
        self.path = self.path_info = PATH


def quick(environ: dict[str, Any], cookies: dict[str, str]) -> list[Header] | None:
    """The headers of a 302 to the gateway for a plain gift, None for all that wants the long way."""
    asked = read(environ, cookies)
    if asked is None or checkout.refused_before(asked) or robots.look(asked) is not Verdict.GO:
        return None
    try:
        placed = operations.place(**wish(asked))
    except Refused as refusal:
        refused(asked, refusal)
        return None
    return lead(asked, placed)


def read(environ: dict[str, Any], cookies: dict[str, str], *, guests: bool = False) -> Asked | None:
    """The request of a plain gift. With `guests` nobody is looked up in the database: members are left out."""
    form = _form(environ)
    if form is None:
        return None
    asked = Asked(environ, cookies, form)
    if not _is_known(asked, guests=guests):
        return None
    asked.filled = checkout.read(asked.POST)
    return asked if _is_plain(asked) else None


def wish(asked: Asked) -> dict[str, Any]:
    """What `operations.place` is asked for."""
    filled, visitor = asked.filled, checkout.visitor(asked)
    return {
        "client": visitor,
        "key": filled.key,
        "lines": _lines(filled),
        "donor": checkout.donor(filled, asked, _language(asked)),
        "actor": visitor,
        "at": timezone.now(),
    }


def refused(asked: Asked, refusal: Refused) -> None:
    """The long way says why, without asking again; what is gone it leaves out and asks for the rest."""
    if not isinstance(refusal, NoSuchNeed):
        checkout.refuse(asked, refusal)


def lead(asked: Asked, placed: PlacedGift) -> list[Header] | None:
    return _lead_to(placed.pay_url, placed.tokens[0], asked) if placed.pay_url else None


def _form(environ: dict[str, Any]) -> dict[str, str] | None:
    """The fields of a small form, the last of each name; None for any other body. It can be read again."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ.get("CONTENT_TYPE") not in FORMS or not length.isdigit() or int(length) > MOST_BYTES:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    pairs = body.split(b"&")
    if not body.isascii() or len(pairs) > MOST_FIELDS:
        return None
    fields = {}
    for pair in body.decode("ascii").split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = _unquoted(name), _unquoted(value)
        if pair:
            fields[name] = value
    return fields


def _unquoted(text: str) -> str:
    """`unquote` without its care for text that is not ASCII; words of ours are quoted from end to end."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    whole = _QUOTED(text) is not None
    said = bytes.fromhex(text.replace("%", "")) if whole else unquote_to_bytes(text)
    return said.decode("utf-8", "replace")


def _is_known(request: Asked, *, guests: bool) -> bool:
    """Whether the form comes from a page of ours and from a visitor whom we know. Sets the session and the user."""
    cookies = request.COOKIES
    secret, token = cookies.get(settings.CSRF_COOKIE_NAME, ""), request.POST.get("csrfmiddlewaretoken", "")
    if not form_token.is_ours(request.META, secret=secret, token=token):
        return False
    cookie = cookies.get(settings.SESSION_COOKIE_NAME, "")
    session = _session(cookie)
    if auth.SESSION_KEY in session:
        if guests:
            return False
        request.session = SessionStore(cookie)
        request.user = auth.get_user(request)
        return request.user.is_authenticated
    request.session, request.user = cast(SessionStore, session), _guest
    return "visitor" in session


def _session(cookie: str) -> dict[str, Any]:
    """What the visitor's signed cookie holds, as SessionStore reads it; nothing when it is not ours."""
    try:
        held = timestamp_signer(SESSION_SALT).unsign_object(
            cookie, serializer=JSONSerializer, max_age=settings.SESSION_COOKIE_AGE
        )
    except (BadSignature, ValueError):
        return {}
    return cast(dict[str, Any], held)


def _is_plain(request: Asked) -> bool:
    """Nothing to mend, nothing to tidy up, every price as a page of ours showed it."""
    filled = request.filled
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


def _language(request: Asked) -> str:
    named = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return _language_of(named, request.META.get("HTTP_ACCEPT_LANGUAGE"))


@functools.lru_cache(maxsize=4096)
def _language_of(named: str | None, accepted: str | None) -> str:
    """Django's own choice, by all that it looks at."""
    request = HttpRequest()
    if named is not None:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = named
    if accepted is not None:
        request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return get_language_from_request(request)


def _lead_to(address: str, token: str, request: Asked) -> list[Header]:
    headers = [
        ("Location", address),
        ("Content-Length", "0"),
        ("Cache-Control", "max-age=0, no-cache, no-store, must-revalidate, private"),
    ]
    headers += [(name, value.replace(_MARK, token)) for name, value in _marks(int(time.time()))]
    if challenge.COOKIE in request.META:  # somebody answered just now
        headers += _cookies(robots.remember(request, HttpResponse()))
    return headers


@functools.lru_cache(maxsize=2)
def _marks(second: int) -> list[Header]:
    """The cookies that a gift leaves, with _MARK for its link; they say when they end, to the second."""
    response = HttpResponse()
    unpaid.leave(response, [_MARK])
    here.leave_mark(response)
    return _cookies(response)


def _cookies(response: HttpResponse) -> list[Header]:
    return [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
