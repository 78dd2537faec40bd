"""The front as the server sees it: WSGI in, bytes out, on this test's own connection and Valkey."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import RequestFactory

from backend.interfaces.crowd.front import Front
from backend.interfaces.crowd.valkey import client, valkey
from tests.interfaces.shop.conftest import County, county

__all__ = ["County", "county"]


def at_once(act: Callable[[], Any]) -> "Future[Any]":
    """Instead of another thread: it would not see this test's transaction."""
    future: Future[Any] = Future()
    try:
        future.set_result(act())
    except Exception as error:
        future.set_exception(error)
    return future


@dataclass
class Seen:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """A browser: keeps cookies, says which language it reads."""

    front: Front
    language: str = "zh-CN"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", **extra: Any) -> Seen:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        asked = {"HTTP_ACCEPT_LANGUAGE": self.language, "HTTP_ACCEPT": "text/html", "HTTP_COOKIE": cookie}
        request = RequestFactory().generic(method, path, **{**asked, **extra})
        said: list[Any] = []
        for signal in (
            request_started,
            request_finished,
        ):  # as Django's own test client: keep our transaction
            signal.disconnect(close_old_connections)
        parts: Any = self.front(
            request.environ, lambda status, headers, *more: said.append((status, headers))
        )
        body = b"".join(parts)
        status, headers = said[-1]
        seen = Seen(int(status[:3]), dict(headers), body)
        for name, value in headers:
            if name == "Set-Cookie":
                crumb, _, rest = value.partition(";")
                key, _, content = crumb.partition("=")
                seen.cookies[key] = content
                if "Max-Age=0" in rest:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = content
        return seen


@pytest.fixture(autouse=True)
def an_empty_valkey(settings: Any) -> Iterator[None]:
    settings.SITE_URL = "http://testserver"
    settings.QUEUE_PREFIX = f"{settings.QUEUE_PREFIX}-crowd"
    address, prefix = settings.REDIS_URL, settings.QUEUE_PREFIX
    valkey._not_before = 0.0
    yield
    forget(address, prefix)


def forget(address: str, prefix: str) -> None:
    """Valkey was emptied, as far as the crowd is concerned."""
    store = client(address)
    for key in store.scan_iter(f"{prefix}:*"):
        store.delete(key)


@pytest.fixture
def front(db: None) -> Iterator[Front]:
    yield Front(get_wsgi_application(), later=at_once)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def aming(front: Front) -> Visitor:
    return Visitor(front)
