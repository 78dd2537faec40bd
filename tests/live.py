"""The whole system as real processes: web, live, worker and beat on free ports, against a database of its own.

The database holds the demonstration county and lives as long as the run: each story makes gifts of its own
rather than counting on an empty house.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg
from django.db import connection
from django.test import override_settings
from psycopg.conninfo import make_conninfo

from backend.config import stack
from backend.config.healthy import is_healthy
from backend.config.services.addresses import addresses_in
from backend.config.services.children import Child, wait_until
from backend.config.services.ports import Ports
from tests import watchdog

BASE_DIR = Path(__file__).resolve().parents[1]
T = TypeVar("T")


@dataclass
class LiveStack:
    """`url` is the web's address, `live_url` the streams'; `children` are web, live, worker, beat.

    `chosen` are variables that this system is started with beside the usual ones.
    """

    folder: Path
    sockets: Path
    database: str
    chosen: dict[str, str] = field(default_factory=dict)
    url: str = ""
    live_url: str = ""
    env: dict[str, str] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    watchdog: "subprocess.Popen[bytes] | None" = None
    ports: Ports = field(default_factory=Ports)

    def start(self) -> None:
        """A fresh database, migrated and loaded, then the four processes. Fails with their last words."""
        self.folder.mkdir(parents=True)
        self.ports = self._ports()
        web, live = self.ports.numbers
        self.url, self.live_url = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{live}"
        self.env = self._environment()
        self.watchdog = watchdog.start(self.folder)
        self._create_database()
        self.run(sys.executable, "-m", "backend.config.prepare")
        made = stack.children(self.folder / "log", self.env, web, live)
        self.children = {child.name: child for child in made}
        for child in made:
            child.start()
        for name, url in (("web", self.url), ("live", self.live_url)):
            self._wait_for(name, lambda url=url: is_healthy(f"{url}/health/live"))  # type: ignore[misc]
        self._wait_for("worker", lambda: " ready." in self.said("worker"))
        self._wait_for("beat", lambda: "is starting" in self.said("beat"))

    def _ports(self) -> Ports:
        """A stretch of ports per xdist worker; whoever comes second to one takes the next."""
        number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        return Ports.hold(20_000 + os.getpid() % 100 * 200 + number * 20, 2)

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": addresses_in(self.sockets).database_url.removesuffix("/zhisong")
            + f"/{self.database}",
            "ZS_VAR_DIR": str(self.folder),
            "PYTHONPYCACHEPREFIX": str(BASE_DIR / "var" / "cache" / "pyc"),
            "PYTHONDONTWRITEBYTECODE": "",
            "ZS_DEMO": "1",
            "ZS_QUEUE_PREFIX": f"zs-{self.database}-{os.getpid()}",
            "ZS_SITE_URL": self.url,
            "ZS_LIVE_ORIGIN": self.live_url,
            "ZS_STATIC_STORAGE": "servestatic.storage.CompressedManifestStaticFilesStorage",
            **self.chosen,
        }

    def _create_database(self) -> None:
        where = make_conninfo(host=str(self.sockets), user="zhisong", dbname="postgres")
        with psycopg.connect(where, autocommit=True) as maintenance:
            maintenance.execute(f'CREATE DATABASE "{self.database}"')  # type: ignore[call-overload]

    def _wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        if not wait_until(ready, self.children[name], 90):
            raise AssertionError(f"{name} did not start: {self.said(name)[-3000:]}")

    def stop(self) -> None:
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.stop(seconds=5)
        if self.watchdog is not None:
            self.watchdog.communicate()
        self.ports.release()

    def said(self, name: str) -> str:
        """All that one process wrote."""
        log = self.children[name].log
        return log.read_text(errors="replace") if log.exists() else ""

    def letters(self) -> list[str]:
        """Every letter sent so far, oldest first."""
        files = sorted((self.folder / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text() for path in files]

    def run(self, *command: str) -> str:
        """Run a command of the system in its environment; its output."""
        done = subprocess.run(
            command, cwd=BASE_DIR, env={**os.environ, **self.env}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def command(self, *words: str) -> str:
        """`python -m backend WORDS` against this system."""
        return self.run(sys.executable, "-m", "backend", *words)

    def kill(self, name: str) -> None:
        """kill -9, the process and all it started: nothing is cleaned up by anybody."""
        process = self.children[name].process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> None:
        """Start it again and wait until it serves."""
        self.children[name].stop(seconds=5)
        already = self.said(name).count(" ready.")
        self.children[name].start()
        ready = {
            "web": lambda: is_healthy(f"{self.url}/health/live"),
            "live": lambda: is_healthy(f"{self.live_url}/health/live"),
            "worker": lambda: self.said("worker").count(" ready.") > already,
        }
        self._wait_for(name, ready.get(name, lambda: True))

    @contextlib.contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Let this process's Django read and write the same database, under the same settings."""
        usual = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = self.database
        try:
            with override_settings(
                SITE_URL=self.url,
                LIVE_ORIGIN=self.live_url,
                DEMO=True,
                UNDO_MINUTES=0,
                SECRET_KEY=(self.folder / "secret_key").read_text(),  # links made here open there
            ):
                yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = usual


def eventually(ask: Callable[[], T], seconds: float = 30, every: float = 0.1) -> T:
    """The first truthy answer of `ask`; fails with the last one when time is up."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"not within {seconds} s: {answer!r}"
        time.sleep(every)
    return answer
