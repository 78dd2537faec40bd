"""Which requests are kept pages, and who waits in which lane. Paths are all that is known of the doors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import parse_cookie
from django.utils.translation import get_language_from_request

from backend.kernel.signing import CODE, is_code

PAGE = re.compile(r"/|/money/|/privacy/|/appeals/apl_[0-9a-z]{26}/(?:counters\.json)?|/s/-/")
SHARED = re.compile(rf"/s/({CODE})/?")
NOT_SHARED = "/s/-/"  # one page for all codes that are none
# the values that a page's address may carry; anything else goes the long way
WORDS: Mapping[str, re.Pattern[str]] = {
    "kind": re.compile(r"[a-z]{0,16}"),
    "town": re.compile(r"[0-9]{0,12}"),
    "page": re.compile(r"[0-9]{0,4}"),
}
THEMES = {"light", "dark"}


@dataclass(frozen=True)
class PageKey:
    """One kept page: its address and how it is shown. Nothing in it tells who asks."""

    path: str
    query: str
    language: str
    theme: str

    @property
    def name(self) -> str:
        return f"{self.language}:{self.theme}:{self.path}?{self.query}"


def cookies_of(environ: Mapping[str, Any]) -> dict[str, str]:
    return parse_cookie(environ.get("HTTP_COOKIE", ""))


def page_key(environ: Mapping[str, Any], cookies: Mapping[str, str]) -> PageKey | None:
    """The kept page that is asked for; None where the answer depends on more than its address."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_HX_REQUEST" in environ:
        return None
    path = _shared(environ.get("PATH_INFO", ""))
    if not PAGE.fullmatch(path) and not SHARED.fullmatch(path):
        return None
    query = _query(environ.get("QUERY_STRING", "")) if path == "/" else ""
    if query is None:
        return None
    return PageKey(path, query, language_of(environ, cookies), _theme(cookies))


def _shared(path: str) -> str:
    """The shared page that is meant; guesses all mean the same one, so that a flood of them costs one page."""
    if not path.startswith("/s/"):
        return path
    found = SHARED.fullmatch(path)
    return f"/s/{found[1]}/" if found and is_code(found[1]) else NOT_SHARED


def _query(text: str) -> str | None:
    asked = dict(parse_qsl(text)) if text else {}
    if not all(name in WORDS and WORDS[name].fullmatch(value) for name, value in asked.items()):
        return None
    return urlencode(sorted(asked.items()))


def language_of(environ: Mapping[str, Any], cookies: Mapping[str, str]) -> str:
    """The visitor's language as Django's own middleware would choose it."""
    asked: Any = SimpleNamespace(COOKIES=cookies, META=environ)
    return get_language_from_request(asked)


def _theme(cookies: Mapping[str, str]) -> str:
    theme = cookies.get("theme", "")
    return theme if theme in THEMES else ""


class Lane(StrEnum):
    """Who waits behind whom. What takes gifts goes on when the rest is turned away."""

    FREE = "free"  # health, figures, turns: never wait
    GIFT = "gift"  # gifts already begun, payments, refunds
    BEGIN = "begin"  # new gifts: the confirm page
    WORK = "work"  # suppliers, drivers, schools, staff
    PAGE = "page"  # everything that is only looked at


_GIFT = re.compile(r"/paid/|/payments/|/sandbox-gateway/|/gifts/[^/]+/(?:undo|pay|answer)/")
_WORK = re.compile(r"/api/|/desk/|/dispatch/|/courier/|/count/|/office/")
_FREE = re.compile(r"/health/|/metrics$|/wait/")


def lane_of(method: str, path: str) -> Lane:
    if _FREE.match(path):
        return Lane.FREE
    if path.startswith("/give/"):
        return Lane.GIFT if method == "POST" else Lane.BEGIN
    if _GIFT.match(path):
        return Lane.GIFT
    return Lane.WORK if _WORK.match(path) else Lane.PAGE


def is_https() -> bool:
    return settings.SITE_URL.startswith("https://")
