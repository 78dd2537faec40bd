"""Kept pages: in this process and in Valkey, right within a second, made by one for all.

Younger than FRESH it is served as it is. Between FRESH and RIGHT it is served while one (the holder of a lock
in Valkey, else one per process) makes it anew. Older than that, visitors wait for the new one, unless the
house is overloaded or it cannot be made: then the old one is better than nothing, up to OLDEST.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Waited
from uuid import uuid4

from backend.interfaces.crowd.kept import Kept, load
from backend.interfaces.crowd.paths import PageKey
from backend.interfaces.crowd.valkey import Gone, Valkey, valkey

log = logging.getLogger(__name__)
FRESH, RIGHT, OLDEST = 0.6, 1.0, 600.0  # seconds
MOST_PAGES = 400
LOCK_MS = 5_000
PATIENCE, LOOK_AGAIN = 1.0, 0.02  # seconds for another process's page
Make = Callable[[PageKey], Kept | None]
Later = Callable[[Callable[[], Kept | None]], "Future[Kept | None]"]
UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Shelf:
    """`make` renders a page; `later` runs something on another thread."""

    def __init__(
        self,
        make: Make,
        later: Later | None = None,
        store: Valkey = valkey,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._make, self._store, self._clock = make, store, clock
        self._later = later or ThreadPoolExecutor(4, "kept-pages").submit
        self._near: OrderedDict[PageKey, Kept] = OrderedDict()
        self._flights: dict[PageKey, Future[Kept | None]] = {}
        self._lock = threading.RLock()  # `later` may run at once, on this thread

    def get(self, key: PageKey, *, hurried: bool = False) -> Kept | None:
        """The page, or None when it cannot be kept: ask the door itself. `hurried`: an old one will do."""
        kept = self._near.get(key)
        age = self._age(kept)
        if age <= FRESH:
            return kept
        flight = self._flight(key)
        if age <= RIGHT or (hurried and age <= OLDEST):
            return kept
        try:
            made = flight.result(timeout=2 * PATIENCE)
        except Waited:
            made = None
        except Exception:
            log.exception("a kept page could not be made")
            made = None
        return made or (kept if age <= OLDEST else None)

    def _age(self, kept: Kept | None) -> float:
        return max(self._clock() - kept.at, 0.0) if kept else float("inf")

    def _flight(self, key: PageKey) -> "Future[Kept | None]":
        """The one renewal of this page that is under way in this process."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight
            flight = self._flights[key] = self._later(lambda: self._renew(key))
        flight.add_done_callback(lambda _: self._landed(key, flight))
        return flight

    def _landed(self, key: PageKey, flight: "Future[Kept | None]") -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _renew(self, key: PageKey) -> Kept | None:
        name, lock, mine = self._names(key)
        try:
            found = self._found(name)
            if self._age(found) <= FRESH:
                return self._put_near(key, found)
            if not self._store.ask(lambda v: v.set(lock, mine, nx=True, px=LOCK_MS)):
                return self._from_others(key, name, found)
        except Gone:
            return self._put_near(key, self._make(key))
        try:
            made = self._make(key)
            self._share(name, made)
            return self._put_near(key, made)
        finally:
            self._unlock(lock, mine)

    def _names(self, key: PageKey) -> tuple[str, str, str]:
        return self._store.key(f"page:{key.name}"), self._store.key(f"lock:{key.name}"), uuid4().hex

    def _found(self, name: str) -> Kept | None:
        data = self._store.ask(lambda v: v.get(name))
        return load(data) if data else None

    def _from_others(self, key: PageKey, name: str, old: Kept | None) -> Kept | None:
        """Another process makes it: wait for theirs a little, then make our own."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self._found(name)
            if found and (old is None or found.at > old.at):
                return self._put_near(key, found)
            time.sleep(LOOK_AGAIN)
        return self._put_near(key, self._make(key))

    def _share(self, name: str, made: Kept | None) -> None:
        if made is None or not made.status.startswith("200"):  # unknown addresses must not fill the store
            return
        try:
            self._store.ask(lambda v: v.set(name, made.dumped(), ex=int(OLDEST)))
        except Gone:
            log.warning("a kept page is not shared")

    def _unlock(self, lock: str, mine: str) -> None:
        try:
            self._store.ask(lambda v: v.eval(UNLOCK, 1, lock, mine))  # type: ignore[no-untyped-call]
        except Gone:
            log.warning("a lock is left to run out")

    def _put_near(self, key: PageKey, kept: Kept | None) -> Kept | None:
        if kept is not None:
            with self._lock:
                self._near[key] = kept
                self._near.move_to_end(key)
                if len(self._near) > MOST_PAGES:
                    self._near.popitem(last=False)
        return kept
