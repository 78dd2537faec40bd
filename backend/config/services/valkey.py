"""Valkey as our child, on a unix socket only, every second on disk."""

import contextlib
import socket

from backend.config.services.binaries import valkey_program
from backend.config.services.children import Child, wait_until
from backend.config.services.lines import ServiceError
from backend.config.services.place import Place


def child(place: Place, databases: int = 16) -> Child:
    """The server; one that outlived its supervisor and still answers on our socket is ended first."""
    _ask(place, b"SHUTDOWN\r\n")
    options = {
        "port": "0",
        "unixsocket": str(place.at.socket_dir / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(place.valkey),
        "appendonly": "yes",
        "save": "",
        "databases": str(databases),
        "maxmemory-policy": "noeviction",
    }
    flags = [flag for name, value in options.items() for flag in (f"--{name}", value)]
    return Child(
        "valkey",
        [str(valkey_program(place)), *flags],
        place.logs / "valkey.log",
        cwd=place.valkey,
        account=place.account,
    )


def wait_for(place: Place, server: Child, seconds: float = 30) -> None:
    """Return once it answers."""
    if not wait_until(lambda: _ask(place, b"PING\r\n") == b"+PONG", server, seconds):
        raise ServiceError(f"Valkey did not start: {server.last_words()} (all of it: {server.log})")


def _ask(place: Place, words: bytes) -> bytes:
    """Its first five bytes of answer, nothing where nobody listens."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(place.at.socket_dir / "valkey.sock"))
        client.sendall(words)
        return client.recv(5)
    return b""
