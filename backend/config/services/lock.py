"""One set of services per checkout at a time; the lock of a killed owner is free by itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.config.services.lines import ServiceError


@contextmanager
def alone(var_dir: Path) -> Iterator[None]:
    """Hold this checkout. Raises ServiceError where another process holds it or it cannot be written."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        lock = (var_dir / "services.lock").open("a+")
    except OSError as error:
        raise ServiceError(
            f"{var_dir} cannot be written ({error.strerror}). Clone to a folder of your own."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise ServiceError(
                f"It runs already (process {lock.read()}). Stop it there with Ctrl-C."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
