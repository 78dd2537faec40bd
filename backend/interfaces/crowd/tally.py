"""How often somebody did something in the present window of time, over all processes.

Counted in this process; shared through Valkey only from `share_from` on: most people do a thing once or twice,
and theirs need no call. Without Valkey each process knows its own count.
"""

import hashlib
import threading
import time
from collections.abc import Callable

from backend.interfaces.crowd.valkey import Gone, Valkey, valkey

MOST_KNOWN = 200_000  # of one process and window


class Tally:
    """`seconds`: the window. Windows are fixed: at their edge somebody may do twice as much."""

    def __init__(
        self,
        name: str,
        *,
        seconds: int,
        share_from: int,
        store: Valkey = valkey,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._seconds, self._share_from = name, seconds, max(share_from, 1)
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def add(self, who: str) -> int:
        """Count once more; how often it is by now."""
        window = int(self._clock() // self._seconds)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            mine = self._counts.get(who, 0) + 1
            if mine > 1 or len(self._counts) < MOST_KNOWN:
                self._counts[who] = mine
        if mine < self._share_from:
            return mine
        return max(self._shared(who, window, mine), mine)

    def is_ours(self, who: str) -> bool:
        """Whether `add` will ask nobody else for its answer."""
        known = self._counts.get(who, 0) if self._window == int(self._clock() // self._seconds) else 0
        return known + 1 < self._share_from

    def _shared(self, who: str, window: int, mine: int) -> int:
        name = hashlib.blake2b(who.encode(), digest_size=12).hexdigest()
        key = self._store.key(f"tally:{self._name}:{window}:{name}")
        more = mine if mine == self._share_from else 1
        try:
            pipe = self._store.ask(lambda v: v.pipeline(transaction=False).incrby(key, more))
            total, _ = self._store.ask(lambda _: pipe.expire(key, 2 * self._seconds).execute())
        except Gone:
            return mine
        return int(total)
