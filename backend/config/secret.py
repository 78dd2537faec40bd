"""The secret key of a checkout; a deployment sets ZS_SECRET_KEY instead."""

import contextlib
import os
import secrets
from pathlib import Path


def key_of_checkout(var_dir: Path) -> str:
    """A key made once, whole even when many processes start at the same time."""
    path = var_dir / "secret_key"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        draft = var_dir / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
