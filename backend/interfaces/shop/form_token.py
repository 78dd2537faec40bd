"""Whether a form comes from a page of ours: Django's rule, asked once for what every form of a page shares.

Where it comes from (host, origin, referer, scheme) is judged by Django's own check and remembered; the token
of each form is compared with the visitor's secret here. Only the shapes that our pages make are read; what is
refused here is judged again, and answered, by Django.
"""

import functools
import hmac
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import (
    CSRF_ALLOWED_CHARS,
    CSRF_SECRET_LENGTH,
    CSRF_TOKEN_LENGTH,
    CsrfViewMiddleware,
)

FROM = (
    "wsgi.url_scheme",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_ORIGIN",
)
SECRET = "a" * CSRF_SECRET_LENGTH
# A token is a mask and the secret moved along the alphabet by it. All letters are moved back at once: as bytes of
# two long numbers, each at least 1 and at most 123, so that none borrows from the next.
_PLACES = bytes.maketrans(CSRF_ALLOWED_CHARS.encode(), bytes(range(len(CSRF_ALLOWED_CHARS))))
_ROUND = int.from_bytes(bytes([len(CSRF_ALLOWED_CHARS)]) * CSRF_SECRET_LENGTH)
_LETTERS = bytes(CSRF_ALLOWED_CHARS[moved % len(CSRF_ALLOWED_CHARS)].encode()[0] for moved in range(256))
_LETTER = re.compile(f"[{CSRF_ALLOWED_CHARS}]+")


class _Quiet(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(status=403)


def _give(request: HttpRequest) -> HttpResponse:
    """Any view that is not excused from the check."""
    return HttpResponse()


_csrf = _Quiet(_give)


def is_ours(environ: Mapping[str, Any], *, secret: str, token: str) -> bool:
    """`secret` is the visitor's cookie, `token` the field of the form."""
    origin = "HTTP_ORIGIN" in environ
    where = _is_from_us(
        *[environ.get(name) for name in FROM], None if origin else environ.get("HTTP_REFERER")
    )
    return where and _is_right(secret, token)


@functools.lru_cache(maxsize=1024)
def _is_from_us(*told: str | None) -> bool:
    """Django's own check of a request whose token is right."""
    said = {
        name: value for name, value in zip((*FROM, "HTTP_REFERER"), told, strict=True) if value is not None
    }
    request = WSGIRequest(
        {"REQUEST_METHOD": "POST", "wsgi.input": BytesIO(), **said, "HTTP_X_CSRFTOKEN": SECRET}
    )
    request.COOKIES = {settings.CSRF_COOKIE_NAME: SECRET}
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return _csrf.process_view(request, _give, (), {}) is None


def _is_right(secret: str, token: str) -> bool:
    if len(secret) != CSRF_SECRET_LENGTH or len(token) != CSRF_TOKEN_LENGTH or not _LETTER.fullmatch(token):
        return False
    places = token.encode().translate(_PLACES)
    mask, moved = places[:CSRF_SECRET_LENGTH], places[CSRF_SECRET_LENGTH:]
    back = _ROUND + int.from_bytes(moved) - int.from_bytes(mask)
    made_for = back.to_bytes(CSRF_SECRET_LENGTH).translate(_LETTERS)
    return secret.isascii() and hmac.compare_digest(made_for, secret.encode())
