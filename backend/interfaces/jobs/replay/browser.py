"""A browser without a screen: it reads forms out of pages and sends them as people do."""

import html
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
_CONTROL = re.compile(r"<(input|button|select|textarea)\b([^>]*)>", re.S)
_OPTION = re.compile(r"<select\b([^>]*)>(.*?)</select>", re.S)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")
_LINK = re.compile(r"""<a\b[^>]*\bhref="([^"]+)\"""")
_WAITING = re.compile(r'<meta http-equiv="refresh" content="(\d+)".*\bdata-wait=', re.S)
COME_AGAIN = (429, 503)
MOST_RETURNS = 60

Values = Mapping[str, str | Sequence[str]]
Pause = Callable[[], object]


def at_once() -> None:
    """No pause."""


class DoorShut(Exception):
    """A page answered otherwise than the road needs: its status, address and first words are told."""

    def __init__(self, page: "Page", wanted: str) -> None:
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text)).strip()[:300]
        super().__init__(f"{wanted}: {page.status} {page.url}: {words}")
        self.page = page


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(a or b) for name, a, b in _ATTRIBUTE.findall(text)}


@dataclass(frozen=True)
class Form:
    """One form of a page: where it goes, what it sends untouched (`ticked` boxes too), its named `buttons`."""

    action: str
    method: str
    fields: dict[str, str]
    ticked: dict[str, list[str]] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()


def _form(attributes: str, body: str) -> Form:
    own = _attributes(attributes)
    fields: dict[str, str] = {}
    ticked: dict[str, list[str]] = {}
    buttons: list[tuple[str, str]] = []
    for tag, text in _CONTROL.findall(body):
        control = _attributes(text)
        name, value = control.get("name"), control.get("value", "")
        if not name or "disabled" in control:
            continue
        if tag == "button" or control.get("type") == "submit":
            buttons.append((name, value))
        elif control.get("type") == "checkbox":
            if "checked" in control:
                ticked.setdefault(name, []).append(value or "on")
        elif control.get("type") != "radio" or "checked" in control:
            fields[name] = value
    for select, options in _OPTION.findall(body):
        chosen = [_attributes(o) for o in re.findall(r"<option\b([^>]*)>", options)]
        first = next((o for o in chosen if "selected" in o), chosen[0] if chosen else {})
        fields[_attributes(select).get("name", "")] = first.get("value", "")
    return Form(own.get("action", ""), own.get("method", "get").lower(), fields, ticked, tuple(buttons))


@dataclass(frozen=True)
class Page:
    status: int
    url: str
    text: str = field(repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def forms(self) -> list[Form]:
        return [_form(attributes, body) for attributes, body in _FORM.findall(self.text)]

    def has(self, action: str) -> bool:
        """Whether a form goes to an address that contains `action`."""
        return any(action in form.action for form in self.forms)

    @property
    def links(self) -> list[str]:
        return [html.unescape(link) for link in _LINK.findall(self.text)]

    def form(self, *, action: str = "", holding: str = "") -> Form:
        """The first form whose action contains `action` and that has the field or button `holding`."""
        for form in self.forms:
            names = {*form.fields, *form.ticked, *(name for name, _ in form.buttons)}
            if action in (form.action or self.path) and (not holding or holding in names):
                return form
        raise DoorShut(self, f"no form for {action or holding}")


def in_turn(http: httpx.Client, answer: httpx.Response, *, follow: bool = True) -> httpx.Response:
    """The answer once the house has room: whoever is told to come again does, when they were told to, and
    whoever sits in the waiting room asks for it again as it asks them to.

    It is the refused request that is sent again, so that what redirected to it is not done twice.
    """
    for _ in range(MOST_RETURNS):
        wait = answer.headers.get("Retry-After", "")
        waiting = _WAITING.search(answer.text)
        if answer.status_code in COME_AGAIN and wait.isdigit():
            threading.Event().wait(int(wait))
            answer = http.send(answer.request, follow_redirects=follow)
        elif waiting and answer.is_success:
            threading.Event().wait(int(waiting.group(1)))
            answer = http.get(answer.url, follow_redirects=follow)
        else:
            break
    return answer


class Browser:
    """One visitor with cookies and connections that are kept; `pause` comes before every form they send."""

    def __init__(
        self, base: str, *, language: str = "zh-hans", timeout: float = 60.0, pause: Pause = at_once
    ) -> None:
        self.pause = pause
        self._http = httpx.Client(
            base_url=base, timeout=timeout, headers={"Accept-Language": language}, follow_redirects=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def forget(self) -> None:
        """The next visitor sits down: cookies are gone, the connection stays."""
        self._http.cookies.clear()

    def get(self, url: str) -> Page:
        return self._page(self._http.get(url), follow=True)

    def submit(self, page: Page, form: Form, values: Values | None = None, *, follow: bool = True) -> Page:
        """Send a form from the page it stands on; without `follow` the answer may be a redirect."""
        self.pause()
        target = urljoin(page.url, form.action or page.url)
        sent: dict[str, str | Sequence[str]] = {**form.fields, **form.ticked, **(values or {})}
        if form.method == "get":
            return self._page(self._http.get(target, params=sent, follow_redirects=follow), follow=follow)
        headers = {"Referer": page.url}
        answer = self._http.post(target, data=sent, headers=headers, follow_redirects=follow)
        return self._page(answer, follow=follow)

    def close(self) -> None:
        self._http.close()

    def _page(self, answer: httpx.Response, *, follow: bool) -> Page:
        answer = in_turn(self._http, answer, follow=follow)
        return Page(answer.status_code, str(answer.url), answer.text)


class Browsers:
    """A browser for each thread that asks, closed together."""

    def __init__(self, base: str, *, pause: Pause = at_once) -> None:
        self.base, self.pause = base, pause
        self._seats = threading.local()
        self._open: list[Browser] = []

    def mine(self) -> Browser:
        """This thread's browser."""
        browser: Browser | None = getattr(self._seats, "browser", None)
        if browser is None:
            browser = self._seats.browser = Browser(self.base, pause=self.pause)
            self._open.append(browser)
        return browser

    def close(self) -> None:
        for browser in self._open:
            browser.close()
