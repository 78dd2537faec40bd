"""How long one announcement may keep a worker: money, letters and orders share its few processes."""

import time
from collections.abc import Callable

SECONDS = 3.0  # the next announcement goes on


def while_any(act: Callable[[], int], *, least: int = 1, seconds: float = SECONDS) -> int:
    """Batch after batch: a crowd leaves more due than one holds. Of fewer than `least` the batch was the last."""
    end, total = time.monotonic() + seconds, 0
    while True:
        done = act()
        total += done
        if done < least or time.monotonic() > end:
            return total
