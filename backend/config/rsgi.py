"""Every door, served by granian: plain gifts in its event loop, everything else by threads (`wsgi`).

A gift waits for the writer, not for a processor. In the loop it waits without a thread, which would cost it more
than half as much again as all that it asks of Python.
"""

import asyncio
import contextlib
import gc
import os
from io import BytesIO
from typing import Any

from django.conf import settings

from backend.config.bridge import Bridge, body_of, environ_of
from backend.config.wsgi import application as wsgi
from backend.config.wsgi import front, lane
from backend.interfaces.crowd.paths import cookies_of

# objects more than were freed before the collector looks: it would look after every few gifts, and at all of Django
# after some thousand
COLLECT_AFTER = (20_000, 20, 50)


class Doors:
    """An RSGI application."""

    def __init__(self) -> None:
        self._bridge = Bridge(wsgi, settings.WEB_THREADS)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        _wait_for_who_is_at_work()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        self._answers = lane.answers(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._bridge.stop()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        environ = environ_of(scope)
        body = await body_of(environ, protocol)
        if scope.method == "POST" and scope.path == lane.path and body:
            headers = await self._gift(environ, body)
            if headers is not None:
                protocol.response_empty(302, headers)
                return
        await self._bridge.answer(environ, body, protocol)

    async def _gift(self, environ: dict[str, Any], body: bytes) -> list[tuple[str, str]] | None:
        cookies = cookies_of(environ)
        if not front.gate.lets_by(cookies):
            return None
        environ["wsgi.input"] = BytesIO(body)
        return await lane.ask_soon(environ, cookies, self._answers)


def _wait_for_who_is_at_work() -> None:
    """Threads that are awakened do not interrupt others. Server, loop and writer awaken each other with every gift:
    on a full core they would do so some thousand times a second, each for a little.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


application = Doors()
