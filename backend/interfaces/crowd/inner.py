"""Asking Django for a page as nobody in particular: no cookie but language and theme, no address, no token."""

import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from backend.interfaces.crowd.kept import Kept, keep
from backend.interfaces.crowd.paths import PageKey, is_https

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def nobody(key: PageKey) -> Environ:
    """The request of a visitor of whom nothing is known but the page, the language and the theme."""
    site = urlsplit(settings.SITE_URL)
    cookies = [f"{settings.LANGUAGE_COOKIE_NAME}={key.language}"]
    if key.theme:
        cookies.append(f"theme={key.theme}")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": key.path,
        "QUERY_STRING": key.query,
        "SERVER_NAME": site.hostname or "localhost",
        "SERVER_PORT": str(site.port or (443 if is_https() else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "HTTP_COOKIE": "; ".join(cookies),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def render(application: Application, key: PageKey) -> Kept | None:
    """One page of the inner application, ready to be kept."""
    at, said = time.time(), []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        said.append((status, tuple(headers)))

    parts = application(nobody(key), start)
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    status, headers = said[-1]
    return keep(status, headers, body, at)
