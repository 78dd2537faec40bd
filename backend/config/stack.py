"""The processes of a running system, as commands: the same by hand, under `make demo`, in compose and in tests."""

import sys
from collections.abc import Mapping
from pathlib import Path

from backend.config.services.children import Child

BASE_DIR = Path(__file__).resolve().parents[2]
CELERY = ["-m", "celery", "--app", "backend.config.celery"]


def web(port: int, host: str = "127.0.0.1") -> list[str]:
    """Every door: an event loop for gifts, threads (ZS_WEB_THREADS) for everything else."""
    return _granian("rsgi", host, port, "backend.config.rsgi:application")


def wsgi(port: int, application: str) -> list[str]:
    """Any WSGI application under the same server, on as many threads."""
    return _granian("wsgi", "127.0.0.1", port, application, "--blocking-threads", "128")


def live(port: int, host: str = "127.0.0.1") -> list[str]:
    """Streams only, with ZS_LIVE=1."""
    return _granian("asgi", host, port, "backend.config.asgi:application")


def _granian(interface: str, host: str, port: int, application: str, *more: str) -> list[str]:
    command = ["-m", "granian", "--interface", interface, "--host", host, "--port", str(port)]
    return [*command, "--workers", "1", "--no-ws", "--workers-kill-timeout", "5", *more, application]


def worker(concurrency: int = 2) -> list[str]:
    """Takes what was announced; prefetch is one, see settings."""
    return [
        *CELERY,
        "worker",
        "--concurrency",
        str(concurrency),
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]


def beat() -> list[str]:
    """Announces; may run twice without harm."""
    return [*CELERY, "beat", "--loglevel", "INFO", "--pidfile="]


def children(logs: Path, env: Mapping[str, str], web_port: int, live_port: int) -> list[Child]:
    """All four as children with one environment."""
    commands = {
        "web": (web(web_port), {"ZS_DB_POOL": "8"}),
        "live": (live(live_port), {"ZS_LIVE": "1"}),
        "worker": (worker(), {}),
        "beat": (beat(), {}),
    }
    return [
        Child(name, [sys.executable, *command], logs / f"{name}.log", {**env, **own}, cwd=BASE_DIR)
        for name, (command, own) in commands.items()
    ]
