"""Several web processes, a worker and beat on one database and one Valkey, as on as many hosts."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from backend.config import stack
from backend.config.bench import BASE_DIR, Services
from backend.config.bench_orders.house import UNLIMITED, House
from backend.config.services.children import Child, wait_until
from backend.config.services.ports import Ports

FIRST_PORT = int(os.environ.get("ZS_PROOF_PORT", "9640"))


@contextlib.contextmanager
def webs(services: Services, count: int, **env: str) -> Iterator[list[tuple[House, Child]]]:
    """`count` web processes, each with a writer and a log of its own; the first one's address is the site's."""
    assert services.postgres.process is not None
    own = os.sched_getaffinity(0)
    ports = Ports.hold(FIRST_PORT, count)
    site = f"http://127.0.0.1:{ports.numbers[0]}"
    with contextlib.ExitStack() as block:
        block.callback(ports.release)
        running = []
        for number, port in enumerate(ports.numbers):
            folder = services.folder / f"web-{number}"
            folder.mkdir(exist_ok=True)
            house = House(services.where, folder, services.postgres.process.pid, port, (own,) * 3)
            running.append((house, block.enter_context(house.web(ZS_SITE_URL=site, **env))))
        yield running


@contextlib.contextmanager
def jobs(services: Services, site: str, **env: str) -> Iterator[list[Child]]:
    """A worker that is ready, and beat."""
    logs = services.folder / "log"
    told = {**UNLIMITED, "ZS_SITE_URL": site, "ZS_LOG_LEVEL": "INFO", **env}
    made = [child("worker", stack.worker(), logs, told), child("beat", stack.beat(), logs, told)]
    try:
        for each in made:
            each.start()
        if not wait_until(lambda: " ready." in made[0].log.read_text(errors="replace"), made[0], 90):
            raise RuntimeError(f"the worker did not start: {made[0].last_words()}")
        yield made
    finally:
        for each in made:
            each.stop(seconds=5)


def child(name: str, command: list[str], logs: Path, env: dict[str, str]) -> Child:
    return Child(name, [sys.executable, *command], logs / f"{name}.log", env, cwd=BASE_DIR)
