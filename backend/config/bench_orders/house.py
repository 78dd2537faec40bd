"""The house under load: services with a deployment's settings, the web, and what each run asks of them."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from backend.config import stack
from backend.config.bench_orders import meter
from backend.config.bench_orders.settings_of import PLANS
from backend.config.healthy import is_healthy
from backend.config.services.binaries import postgres_folder
from backend.config.services.children import Child, wait_until
from backend.config.services.place import Place
from backend.config.services.ports import Ports

BASE_DIR = Path(__file__).resolve().parents[3]
# a few hundred visitors of one address stand for millions: their pace is counted as ever, and none is stopped
UNLIMITED = {
    "ZS_PERSON_SECONDS": "1",
    "ZS_PERSON_GIFTS_AN_HOUR": "1000000000",
    "ZS_ADDRESS_GIFTS_A_MINUTE": "1000000000",
}
GIVEN = "/sandbox-gateway/pay/"  # where a gift sends its giver
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
SHOWN = ("shared_buffers", "max_wal_size", "wal_init_zero", "max_connections")


@dataclass
class House:
    """`cores`: (web, database, crowd) as sets of cores; all the same when one core carries everything."""

    where: Place
    folder: Path
    postmaster: int
    port: int
    cores: tuple[set[int], set[int], set[int]]
    runs: int = 0
    sent: int = 0
    notes: list[str] = field(default_factory=list)

    def check_durable(self) -> str:
        """The settings as the server has them; a house that could lose a commit is not measured."""
        shown = ", ".join(f"{name} {self.ask(f'SHOW {name}')}" for name in (*DURABLE, "wal_sync_method"))
        assert all(self.ask(f"SHOW {name}") == "on" for name in DURABLE), shown
        others = ", ".join(f"{name} {self.ask(f'SHOW {name}')}" for name in SHOWN)
        return f"PostgreSQL {self.ask('SHOW server_version')}: {shown}, {others}"

    def ask(self, question: str) -> Any:
        with psycopg.connect(self._dsn("zhisong"), autocommit=True) as connection:
            row = connection.execute(question).fetchone()
        return row[0] if row else None

    def _dsn(self, database: str) -> str:
        return f"host={self.where.at.socket_dir} user=zhisong dbname={database}"

    @contextlib.contextmanager
    def web(self, application: str = "", **env: str) -> Iterator[Child]:
        """The web server as in production, or a rival's application under the same server."""
        command = stack.wsgi(self.port, application) if application else stack.web(self.port)
        child = Child(
            "web",
            [sys.executable, *command],
            self.folder / "web.log",
            {
                "ZS_DB_POOL": "8",
                "ZS_LOG_LEVEL": "INFO",
                **UNLIMITED,
                "DJANGO_SETTINGS_MODULE": "backend.config.settings",
                **env,
            },
            cwd=BASE_DIR,
        )
        with self.served(child):
            ready = f"http://127.0.0.1:{self.port}/health/live"
            if not application and not wait_until(lambda: is_healthy(ready), child, 60):
                raise RuntimeError(f"web did not start: {child.last_words()}")
            yield child

    @contextlib.contextmanager
    def served(self, child: Child) -> Iterator[Child]:
        """Any web server on our port and its cores, until the end of the block."""
        child.start()
        try:
            assert child.process is not None
            meter.take_cores([child.process.pid], self.cores[0])
            self._wait_for_port(child)
            yield child
        finally:
            child.stop(seconds=5)

    def _wait_for_port(self, child: Child) -> None:
        import socket

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        if not wait_until(answers, child, 60):
            raise RuntimeError(f"nobody listens on {self.port}: {child.last_words()}")

    def requests(self, name: str, made: list[str]) -> Path:
        """Keep requests in a file for all runs that send them."""
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(made))
        return file

    def crowd(
        self, web: Child, requests: Path, clients: int, seconds: float, rate: float = 0, good: str = GIVEN
    ) -> dict[str, Any]:
        """One run of the load; adds the server's microseconds of processor time per gift, database included.

        An answer counts whose head holds `good`.
        """
        assert web.process is not None
        self.runs += 1
        plan = self.folder / "plan.json"
        plan.write_text(
            json.dumps(
                {
                    "port": self.port,
                    "requests": str(requests),
                    "first": self.sent,
                    "mark": f"{self.runs:04x}",
                    "clients": clients,
                    "seconds": seconds,
                    "rate": rate,
                    "good": good,
                }
            )
        )
        before = meter.cpu_seconds(web.process.pid, self.postmaster)
        told = self._json([sys.executable, str(Path(__file__).with_name("load.py")), str(plan)])
        used = meter.cpu_seconds(web.process.pid, self.postmaster) - before
        self.sent += int(told["sent"])
        told["cpu_us"] = used / max(told["sent"] - sum(told["odd"].values()), 1) * 1e6
        return told

    def operation(self, refs: list[str], price: int, givers: int, seconds: float) -> dict[str, Any]:
        plan = self.folder / "place.json"
        plan.write_text(json.dumps({"refs": refs, "price": price, "givers": givers, "seconds": seconds}))
        return self._json(
            [sys.executable, "-m", "backend.config.bench_orders.place", str(plan)], self.cores[0]
        )

    def pgbench(self, script: str, clients: int, seconds: float) -> float:
        """Transactions a second of one script."""
        file = self.folder / "one_gift.sql"
        file.write_text(script)
        file.chmod(0o644)
        command = [
            str(postgres_folder(self.where) / "pgbench"),
            *(
                "-n",
                "-M",
                "prepared",
                "-D",
                "n=0",
                "-c",
                str(clients),
                "-j",
                "1",
                "-T",
                str(max(int(seconds), 1)),
            ),
            *("-f", str(file), "-h", str(self.where.at.socket_dir), "-U", "zhisong", "zhisong"),
        ]
        done = self._run(command, self.cores[2], {"PGOPTIONS": PLANS})
        line = next(line for line in done.splitlines() if line.startswith("tps = "))
        return float(line.split()[2])

    def _json(self, command: list[str], cores: set[int] | None = None) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            self._run(command, cores or self.cores[2]).strip().rsplit("\n", 1)[-1]
        )
        return told

    def _run(self, command: list[str], cores: set[int], env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=BASE_DIR,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-800:]}")
        return done.stdout


def hold_port() -> Ports:
    """A port for the web, held until the end of the run."""
    return Ports.hold(9_640, 1)
