"""Live streams of gift and plan pages: an ASGI application, for the live process alone.

However many pages look on, a process holds two database connections: one listens for placed facts and for plans
that move, one reads the facts and finds the gifts they are about. A stream carries no story, only «look again»
with the seq of the newest fact: the page fetches its parts through its own door.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs

import psycopg
import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection

from backend.deliveries.operations import PLAN_MOVED
from backend.interfaces.tickets import read_ticket
from backend.journal import queries as journal
from backend.journal.operations import PLACED
from backend.timelines.touched import gifts_touched

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

HEARTBEAT = 15.0
LIFE = 600.0  # a page comes back with a new ticket, so a link that has ended ends its stream too
POLL = 2.0  # in case a notification was lost
BATCH = 500
MOST_STREAMS = 5_000
log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Listener:
    """One open page: the newest seq that concerns it, and a bell."""

    seq: int = 0
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self, seq: int) -> None:
        self.seq = max(self.seq, seq)
        self.bell.set()


class Hub:
    """Reads the journal once for all streams of this process."""

    def __init__(self) -> None:
        self.listeners: dict[str, set[Listener]] = defaultdict(set)
        self.position = 0
        self.count = 0
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")

    async def query(self, ask: Callable[[], T]) -> T:
        """Run `ask` on the one reading connection."""

        def run() -> T:
            close_old_connections()
            return ask()

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def start(self) -> None:
        if self._reader is None or self._reader.done():
            self._ready.clear()
            self._reader = asyncio.create_task(self._read())
        await self._ready.wait()

    async def stop(self) -> None:
        if self._reader:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    @contextlib.asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Listener]:
        listener = Listener()
        self.listeners[topic].add(listener)
        self.count += 1
        try:
            yield listener
        finally:
            self.count -= 1
            self.listeners[topic].discard(listener)
            if not self.listeners[topic]:
                del self.listeners[topic]

    async def _read(self) -> None:
        """Follow the journal for ever; a lost database is waited for."""
        while True:
            try:
                self.position = self.position or await self.query(journal.head)
                async with await self._connect() as listening:
                    await listening.execute(f"LISTEN {PLACED}")
                    await listening.execute(f"LISTEN {PLAN_MOVED}")
                    self._ready.set()
                    while True:
                        await self._catch_up()
                        async for heard in listening.notifies(timeout=POLL, stop_after=1):
                            self._ring(heard.payload)
            except (Error, psycopg.Error, OSError) as error:
                log.warning("live.database_lost", error=str(error))
                await asyncio.sleep(POLL)

    def _ring(self, topic: str) -> None:
        """Something that is no fact has moved: how far a plan is."""
        for listener in self.listeners.get(topic, ()):
            listener.ring(0)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        given = connection.get_connection_params()
        keys = ("dbname", "user", "password", "host", "port", "sslmode", "application_name")
        kept = {key: given[key] for key in keys if given.get(key)}
        return await psycopg.AsyncConnection.connect(**kept, autocommit=True)

    async def _catch_up(self) -> None:
        while facts := await self.query(lambda: journal.after(seq=self.position, limit=BATCH)):
            self.position = facts[-1].seq
            if not self.listeners:
                continue
            touched = await self.query(lambda f=facts: gifts_touched(subjects=[fact.subject for fact in f]))  # type: ignore[misc]
            for fact in facts:
                for donation in touched.get(fact.subject, ()):
                    for listener in self.listeners.get(donation, ()):
                        listener.ring(fact.seq)

    async def newest_about(self, donation: str, after: int) -> int:
        """The newest seq after `after` that concerns this gift; 0 when there is none."""

        def ask() -> int:
            facts = journal.after(seq=after, limit=BATCH)
            if len(facts) == BATCH:
                return facts[-1].seq  # long away: looking again costs less than reading it all
            touched = gifts_touched(subjects=[fact.subject for fact in facts])
            return max((f.seq for f in facts if donation in touched.get(f.subject, ())), default=0)

        return await self.query(ask)


class Live:
    """The ASGI application: GET /live/gifts/?ticket=…&after=seq, the same for plans, and nothing else."""

    PATHS: Mapping[str, str] = {"/live/gifts/": "don_", "/live/plans/": "pln_"}

    def __init__(self) -> None:
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                if self.hub:
                    await self.hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/live/health/":
            await _plain(send, 200, "ok")
            return
        kind = self.PATHS.get(scope["path"])
        if kind is None or scope["method"] != "GET":
            await _plain(send, 404, "not found")
            return
        asked = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode()).items()}
        topic = read_ticket(asked.get("ticket", ""))
        if topic is None or not topic.startswith(kind):
            await _plain(send, 403, "ticket", cors(scope))
            return
        self.hub = self.hub or Hub()
        if self.hub.count >= MOST_STREAMS:
            await _plain(send, 503, "full", cors(scope))
            return
        headers = {key.decode().lower(): value.decode() for key, value in scope["headers"]}
        after = headers.get("last-event-id") or asked.get("after", "")
        await self._stream(topic, int(after) if after.isdigit() else 0, cors(scope), receive, send)

    async def _stream(
        self, topic: str, after: int, more: list[tuple[bytes, bytes]], receive: Receive, send: Send
    ) -> None:
        assert self.hub is not None
        await self.hub.start()
        async with self.hub.listening(topic) as listener:
            await send({"type": "http.response.start", "status": 200, "headers": [*SSE, *more]})
            await _write(send, "retry: 3000\n\n")
            if topic.startswith("pln_"):
                listener.ring(0)  # a plan may have moved while the page was on its way
            elif after and (missed := await self.hub.newest_about(topic, after)):
                listener.ring(missed)
            gone = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait_for(_pour(listener, gone, send), LIFE)
            except TimeoutError:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                gone.cancel()


SSE = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"referrer-policy", b"no-referrer"),
]


def cors(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Only our own pages may read a stream from another port or host; they send no cookie."""
    origin = next((value for key, value in scope["headers"] if key.lower() == b"origin"), b"").decode()
    ours = settings.SITE_URL.rstrip("/")
    return [(b"access-control-allow-origin", ours.encode()), (b"vary", b"Origin")] if origin == ours else []


async def _pour(listener: Listener, gone: "asyncio.Task[None]", send: Send) -> None:
    while not gone.done():
        bell = asyncio.create_task(listener.bell.wait())
        await asyncio.wait({bell, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()
        if gone.done():
            return
        if listener.bell.is_set():
            listener.bell.clear()
            await _write(send, f"event: changed\nid: {listener.seq}\ndata: {listener.seq}\n\n")
        else:
            await _write(send, ": beat\n\n")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _plain(send: Send, status: int, text: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        *(more or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
