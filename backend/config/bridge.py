"""A WSGI application behind granian's event loop: each request on a thread of ours, its body read beforehand.

Granian serves either WSGI or RSGI on one port. Gifts want the loop (see `rsgi`), everything else wants Django.
"""

import asyncio
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import structlog

from backend.interfaces.crowd.inner import Application, Environ

log = structlog.get_logger("bridge")
MOST_BODY = 16 * 2**20  # bytes; nobody sends us films
PIECE = 256 * 1024  # bytes of a long answer that are sent at once
Headers = list[tuple[str, str]]


def environ_of(scope: Any) -> Environ:
    """The request as WSGI has it, without a body."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path if scope.path.isascii() else scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/" + scope.http_version,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in scope.headers.items():
        key = _KEYS.get(name) or "HTTP_" + name.upper().replace("-", "_")
        if key in environ:  # said twice: one line, as HTTP reads it
            value = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
        environ[key] = value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ


_KEYS = {
    "content-type": "CONTENT_TYPE",
    "content-length": "CONTENT_LENGTH",
    "host": "HTTP_HOST",
    "cookie": "HTTP_COOKIE",
    "accept": "HTTP_ACCEPT",
    "accept-language": "HTTP_ACCEPT_LANGUAGE",
    "accept-encoding": "HTTP_ACCEPT_ENCODING",
    "origin": "HTTP_ORIGIN",
    "referer": "HTTP_REFERER",
    "user-agent": "HTTP_USER_AGENT",
    "x-forwarded-for": "HTTP_X_FORWARDED_FOR",
    "x-forwarded-proto": "HTTP_X_FORWARDED_PROTO",
}


async def body_of(environ: Environ, protocol: Any) -> bytes | None:
    """The whole body; None where it is longer than anything that we take."""
    length = environ.get("CONTENT_LENGTH", "")
    if length.isdigit():
        return None if int(length) > MOST_BODY else bytes(await protocol())
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    parts, size = [], 0
    async for part in protocol:
        size += len(part)
        if size > MOST_BODY:
            return None
        parts.append(part)
    environ["CONTENT_LENGTH"] = str(size)
    return b"".join(parts)


@dataclass
class _Start:
    """What the application says before its body."""

    status: int = 500
    headers: Headers = field(default_factory=list)

    def __call__(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        self.status, self.headers = int(status[:3]), headers


class Bridge:
    """`threads` requests at once; more wait for a thread."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="door")

    async def answer(self, environ: Environ, body: bytes | None, protocol: Any) -> None:
        """Let the application answer. `body` is None for one that is too long."""
        if body is None:
            protocol.response_str(413, [("Content-Type", "text/plain")], "Too long: send less at once.")
            return
        environ["wsgi.input"] = BytesIO(body)
        loop = asyncio.get_running_loop()
        way = _Way(loop, protocol)
        whole = await loop.run_in_executor(self._pool, self._answered, environ, way)
        if whole is not None:
            protocol.response_bytes(*whole)

    def stop(self) -> None:
        self._pool.shutdown()

    def _answered(self, environ: Environ, way: "_Way") -> tuple[int, Headers, bytes] | None:
        """In a thread, from the first call to close(): Django's connections belong to it. None: sent in pieces."""
        start = _Start()
        try:
            parts = self._application(environ, start)
            try:
                return _whole(parts, start, way)
            finally:
                close = getattr(parts, "close", None)
                if close:
                    close()
        except Exception as error:
            log.error("no answer", exc_info=error)
            if way.begun:
                return None
            return 500, [("Content-Type", "text/plain")], b"Something broke here. It was written down."


def _whole(parts: Iterable[bytes], start: _Start, way: "_Way") -> tuple[int, Headers, bytes] | None:
    if isinstance(parts, list | tuple) or not getattr(parts, "streaming", True):
        return start.status, start.headers, b"".join(parts)
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= PIECE:
            way.send(start, bytes(waiting))
            waiting.clear()
    if not way.begun:
        return start.status, start.headers, bytes(waiting)
    way.send(start, bytes(waiting))
    return None


class _Way:
    """Pieces of an answer, from a thread to the loop; the thread waits until each is taken."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any) -> None:
        self._loop, self._protocol = loop, protocol
        self._transport: Any = None

    @property
    def begun(self) -> bool:
        return self._transport is not None

    def send(self, start: _Start, piece: bytes) -> None:
        asyncio.run_coroutine_threadsafe(self._send(start, piece), self._loop).result()

    async def _send(self, start: _Start, piece: bytes) -> None:
        if self._transport is None:
            self._transport = self._protocol.response_stream(start.status, start.headers)
        await self._transport.send_bytes(piece)
