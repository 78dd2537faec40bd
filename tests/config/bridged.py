"""What `test_bridge` serves under granian: a WSGI application that answers what it heard, behind the bridge."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from backend.config.bridge import Bridge, body_of, environ_of

LONG = 700_000  # bytes, in pieces of 1,000


def hear(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("broken on purpose")
    start("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    if environ["PATH_INFO"] == "/long":
        return _long()
    body = environ["wsgi.input"].read()
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps({"environ": said, "body": body.decode("latin-1")}).encode()]


def _long() -> Iterator[bytes]:
    for number in range(LONG // 1_000):
        yield bytes([number % 251]) * 1_000


class Served:
    def __init__(self) -> None:
        self._bridge = Bridge(hear, threads=2)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        environ = environ_of(scope)
        await self._bridge.answer(environ, await body_of(environ, protocol), protocol)


application = Served()
