"""How long one announcement may keep a worker: payments, letters and plans share its few processes."""

import time
from collections.abc import Callable

SECONDS = 3.0  # the next announcement goes on


def while_any(act: Callable[[], int], seconds: float = SECONDS) -> int:
    """Batch after batch while something was done: a crowd leaves more due than one batch holds."""
    end, total = time.monotonic() + seconds, 0
    while done := act():
        total += done
        if time.monotonic() > end:
            break
    return total
