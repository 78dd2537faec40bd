"""A long proof, run shortly with a fixed seed on services of its own: the suite's do not flush to the disk."""

import json
import os
import subprocess
import sys
from typing import Any

from backend.config.bench import BASE_DIR

OURS = ("DATABASE_URL", "REDIS_URL", "ZS_QUEUE_PREFIX", "ZS_STATIC_STORAGE")
QUICK = {"PYTHONPYCACHEPREFIX": str(BASE_DIR / "var" / "cache" / "pyc"), "PYTHONDONTWRITEBYTECODE": ""}


def proof(name: str, **settings: str) -> dict[str, Any]:
    """The last line of `python -m backend.config.proofs.NAME`, which must have held."""
    env = {each: value for each, value in os.environ.items() if each not in OURS}
    done = subprocess.run(
        [sys.executable, "-m", f"backend.config.proofs.{name}"],
        cwd=BASE_DIR, env={**env, **QUICK, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.strip().rsplit("\n", 1)[-1].split(" ", 1)[1])
    return told
