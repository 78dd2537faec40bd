"""Where the embedded PostgreSQL and Valkey of this checkout answer, and its own secret key."""

import hashlib
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Addresses:
    socket_dir: Path
    database_url: str
    redis_url: str


def addresses(var_dir: Path) -> Addresses:
    """Addresses of the services whose data lie under `var_dir`. Sockets need short paths."""
    mark = hashlib.sha256(str(var_dir).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"zhisong-{mark}"
    return Addresses(
        folder,
        f"postgres://zhisong@{quote(str(folder), safe='')}/zhisong",
        f"unix://{folder}/valkey.sock",
    )


def secret_key(var_dir: Path) -> str:
    """The key of this checkout, made once; a deployment sets ZS_SECRET_KEY instead."""
    path = var_dir / "secret_key"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
