"""A browser before the whole door: Django's test client with the short lane in front, as `config.rsgi` has it."""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from unittest import mock

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from backend.config import lane
from backend.config.lane import Answers, GiveLane
from backend.interfaces.crowd.paths import cookies_of
from backend.interfaces.shop import robots

R = TypeVar("R")


def in_a_loop(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run to its end in a thread of its own: in ours Playwright may keep a loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class DoorHandler(ClientHandler):
    """What the lane leaves goes to Django. `short` tells of every request whether the lane answered it, `soon`
    whether it did so in the event loop; with `loop` false that is not tried. `faults` are those of the loop.
    """

    short: list[bool]
    soon: list[bool]
    faults: list[BaseException]
    loop: bool

    def __call__(self, environ: dict[str, Any]) -> Any:
        said = (self._soon(environ) if self.loop else None) or self._in_thread(environ)
        if environ["REQUEST_METHOD"] == "POST":
            self.short.append(said is not None)
        return super().__call__(environ) if said is None else _response(environ, *said)

    def _soon(self, environ: dict[str, Any]) -> Any:
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != GiveLane.path:
            return None
        robots.stopped_now()  # on a thread some gift of the last second has asked
        robots._failing.now()

        async def ask() -> Any:
            answers = Answers(asyncio.get_running_loop())
            return await GiveLane().ask_soon(environ, cookies_of(environ), answers)

        def told(words: str, exc_info: BaseException) -> None:
            self.faults.append(exc_info)

        with mock.patch.dict(os.environ), mock.patch.object(lane.log, "error", told):
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # no question to the database passes
            headers = in_a_loop(ask())
        self.soon.append(headers is not None)
        return ("302 Found", headers) if headers is not None else None

    def _in_thread(self, environ: dict[str, Any]) -> Any:
        said: list[Any] = []
        answered = GiveLane()(environ, lambda status, headers: said.append((status, headers)))
        return None if answered is None else said[0]


def _response(environ: dict[str, Any], status: str, headers: list[tuple[str, str]]) -> HttpResponse:
    response = HttpResponse(status=int(status[:3]))
    for name, value in headers:
        if name == "Set-Cookie":
            response.cookies.load(value)
        else:
            response[name] = value
    response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined] - as Django's own handler does
    return response


class Door(Client):
    """A browser that Django does not excuse from the form's token."""

    def __init__(self, *, loop: bool = True, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **defaults)
        self.handler = DoorHandler(enforce_csrf_checks=True)
        self.handler.short, self.handler.soon, self.handler.faults, self.handler.loop = [], [], [], loop

    @property
    def short(self) -> list[bool]:
        """For every POST so far, whether the short way answered it."""
        return list(self.handler.short)

    @property
    def soon(self) -> list[bool]:
        """For every gift so far, whether the event loop answered it."""
        return list(self.handler.soon)

    @property
    def faults(self) -> list[BaseException]:
        """What went wrong in the event loop."""
        return list(self.handler.faults)
