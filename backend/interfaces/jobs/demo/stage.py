"""Who acts for the demonstration's people: one command at a time, on this machine."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def taken(*, wait: bool) -> Iterator[bool]:
    """Act for suppliers, drivers and schools alone; False where another command does and we do not wait.

    A killed command's turn is over by itself.
    """
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.VAR_DIR / "stage.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
