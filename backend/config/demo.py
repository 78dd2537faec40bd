"""`make demo`: everything on this machine, for this machine alone, until Ctrl-C."""

import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from backend.config import stack
from backend.config.healthy import is_healthy
from backend.config.services import lock, pair, place, postgres, valkey
from backend.config.services.children import Child, wait_until
from backend.config.services.lines import ServiceError, say
from backend.config.services.ports import Ports
from backend.config.services.supervisor import Supervisor
from backend.config.services.tail import Tail

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"
PORT = 8000
OURS = {"ZS_PORT", "ZS_PLAY"}  # what a shell may say to a demonstration
ANY_LINE = re.compile(".")
HASTE = {"PGOPTIONS": "-c synchronous_commit=off"}  # what preparing writes can be written again


def choose_ports() -> Ports:
    """The usual ports for web and streams, or the next free ones, said so."""
    wanted = _wanted_port()
    ports = Ports.hold(wanted, 2)
    if len(ports.numbers) < 2:
        raise ServiceError(f"No free port from {wanted} on. Choose another: make demo ZS_PORT=9000")
    if ports.numbers[0] != wanted:
        say("demo", f"Port {wanted} is in use; taking {ports.numbers[0]}.")
    return ports


def _wanted_port() -> int:
    said = os.environ.get("ZS_PORT", "")
    if said and not (said.isascii() and said.isdigit() and 1 <= int(said) <= 65_534):
        raise ServiceError(f"ZS_PORT={said} is no port. Choose one: make demo ZS_PORT=9000")
    return int(said or PORT)


def forget_environment() -> None:
    """A demonstration never touches the database that a shell happens to name."""
    for name in list(os.environ):
        if name in {"DATABASE_URL", "REDIS_URL"} or (name.startswith("ZS_") and name not in OURS):
            say("demo", f"{name} is set and not used here.")
            del os.environ[name]


def environment(web: int, live: int) -> dict[str, str]:
    """Settings of a demonstration: embedded, on loopback, everything else as it ships."""
    return {
        "ZS_DEMO": "1",
        "ZS_SITE_URL": f"http://127.0.0.1:{web}",
        "ZS_LIVE_ORIGIN": f"http://127.0.0.1:{live}",
        "ZS_ALLOWED_HOSTS": "127.0.0.1,localhost",
    }


def prepare(env: dict[str, str], logs: Path, supervisor: Supervisor) -> str:
    """Migrate, load, collect; returns the sign-in links, nothing where somebody stopped it."""
    links = logs / "links.txt"
    command = [sys.executable, "-m", "backend.config.prepare", str(links)]
    child = Child("demo", command, logs / "prepare.log", {**env, **HASTE}, cwd=BASE_DIR)
    tail = Tail(child.name, child.log, re.compile(r" s$"))
    child.start()
    while child.running and not supervisor.told.wait(0.05):
        tail.tell()
    child.stop()
    tail.tell()
    if supervisor.told.is_set():
        return ""
    if child.process is None or child.process.returncode:
        raise ServiceError(f"Preparing failed: {child.last_words(1)} (all of it: {child.log})")
    return links.read_text()


def run() -> None:
    """Start all, tell where, look after them, stop all."""
    began = time.monotonic()
    forget_environment()
    played = wants_play()
    supervisor = Supervisor()
    supervisor.listen()
    where = place.of_checkout(VAR_DIR)
    ports = choose_ports()
    web, live = ports.numbers
    env = environment(web, live)
    try:
        servers = pair.start(where)
        for server, module in zip(servers, (postgres, valkey), strict=True):
            supervisor.add(server, partial(module.child, where))
        say("demo", f"PostgreSQL and Valkey are up, data in {where.data}")
        links = prepare(env, where.logs, supervisor)
        if not supervisor.told.is_set():
            _start(supervisor, stack.children(where.logs, env, web, live), web, live, played=played)
        if not supervisor.told.is_set():
            _greet(web, live, where, links, time.monotonic() - began, played=played)
            if played:
                supervisor.start(play(where.logs, env), ANY_LINE)
        supervisor.run()
    finally:
        say("demo", "stopping")
        supervisor.stop()
        ports.release()


def wants_play() -> bool:
    """Whether everybody but the donor acts by itself; raises ServiceError for a word that is neither 0 nor 1."""
    said = os.environ.get("ZS_PLAY") or "1"
    if said not in {"0", "1"}:
        raise ServiceError(
            f"ZS_PLAY={said} is neither 0 nor 1. To act all roles yourself: make demo ZS_PLAY=0"
        )
    return said == "1"


def play(logs: Path, env: dict[str, str]) -> Child:
    """Supplier, dispatcher, driver and school, who take up what is given."""
    command = [sys.executable, "-m", "backend", "play", "--base", env["ZS_SITE_URL"]]
    return Child("play", command, logs / "play.log", env, cwd=BASE_DIR)


def _start(supervisor: Supervisor, children: Sequence[Child], web: int, live: int, *, played: bool) -> None:
    """The pages first, what works behind them once they answer: four at once keep each other waiting."""
    pages = [child for child in children if child.name in ("web", "live")]
    for child in pages:
        supervisor.start(child, requests=not played)  # the story is easier to follow alone
    _wait(supervisor, web, live)
    for child in children:
        if child not in pages and not supervisor.told.is_set():
            supervisor.start(child)


def _wait(supervisor: Supervisor, web: int, live: int) -> None:
    """Until both ports answer; a broken child says why in its log."""
    waiting = {each.child.name: each.child for each in supervisor.watched}
    for name, port in (("web", web), ("live", live)):
        url = f"http://127.0.0.1:{port}/health/live"
        if not wait_until(partial(_settled, supervisor, url), waiting[name], 60):
            said = f"{waiting[name].last_words()} (all of it: {waiting[name].log})"
            raise ServiceError(f"{name} did not start: {said}")


def _settled(supervisor: Supervisor, url: str) -> bool:
    return supervisor.told.is_set() or is_healthy(url, 2)


def _greet(web: int, live: int, where: place.Place, links: str, seconds: float, *, played: bool) -> None:
    say("demo", f"ready in {seconds:.1f} s")
    for line in (
        "",
        f"  直送 Zhisong   http://127.0.0.1:{web}/",
        f"  streams        http://127.0.0.1:{live}/",
        f"  logs           {where.logs}",
        "",
        *links.splitlines(),
        "",
        *_roles(played, f"http://127.0.0.1:{web}"),
        "  Ctrl-C stops everything. The data stay; `make demo-reset` starts over.",
        "",
    ):
        print(line, flush=True)  # noqa: T201 - shown to a person


def _roles(played: bool, url: str) -> tuple[str, ...]:
    if not played:
        told = f".venv/bin/python -m backend play --base {url}"
        return ("  Nobody acts but you, by the links above. To watch the others act:", f"    {told}")
    return (
        "  Give something in the shop: supplier, dispatcher, driver and school take it from there, told below.",
        "  To act them yourself: make demo ZS_PLAY=0",
    )


def reset() -> None:
    """Remove this checkout's data: the stores, letters, photos; nothing else."""
    where = place.of_checkout(VAR_DIR)
    for folder in (where.postgres, where.valkey, VAR_DIR / "mail", VAR_DIR / "media"):
        shutil.rmtree(folder, ignore_errors=True)
    say("demo", f"data of {BASE_DIR} removed")


def main(arguments: list[str]) -> int:
    try:
        with lock.alone(VAR_DIR):
            if "reset" in arguments:
                reset()
            if "reset-only" in arguments:
                reset()
                return 0
            run()
    except ServiceError as error:
        say("demo", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
