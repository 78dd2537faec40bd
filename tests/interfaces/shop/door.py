"""A browser before the whole door: Django's test client with the short lane in front, as `config.wsgi` has it."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from backend.config.lane import GiveLane


class DoorHandler(ClientHandler):
    """What the lane leaves goes to Django; `short` tells of every request whether the lane answered it."""

    short: list[bool]

    def __call__(self, environ: dict[str, Any]) -> Any:
        said: list[Any] = []
        answered = GiveLane()(environ, lambda status, headers: said.append((status, headers)))
        if environ["REQUEST_METHOD"] == "POST":
            self.short.append(answered is not None)
        return super().__call__(environ) if answered is None else _response(environ, *said[0])


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

    def __init__(self, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **defaults)
        self.handler = DoorHandler(enforce_csrf_checks=True)
        self.handler.short = []

    @property
    def short(self) -> list[bool]:
        """For every POST so far, whether the short way answered it."""
        return list(self.handler.short)
