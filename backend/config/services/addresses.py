"""Where the embedded PostgreSQL and Valkey of a checkout answer."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SOCKETS = Path("/tmp")  # a socket's whole path may have 107 bytes, and checkouts lie deeper than that


@dataclass(frozen=True)
class Addresses:
    socket_dir: Path
    database_url: str
    redis_url: str


def addresses(var_dir: Path) -> Addresses:
    """Addresses of the services whose data lie under `var_dir`, for this user."""
    mark = hashlib.sha256(f"{os.getuid()}:{var_dir}".encode()).hexdigest()[:10]
    return addresses_in(SOCKETS / f"zhisong-{mark}")


def is_embedded(host: str) -> bool:
    """Whether a database's host is a socket folder of ours, which no other machine can reach."""
    return host.startswith(f"{SOCKETS}/zhisong-")


def addresses_in(folder: Path) -> Addresses:
    """Addresses of the services whose sockets lie in `folder`."""
    return Addresses(
        folder,
        f"postgres://zhisong@{quote(str(folder), safe='')}/zhisong",
        f"unix://{folder}/valkey.sock",
    )
