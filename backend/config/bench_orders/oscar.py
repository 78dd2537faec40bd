"""django-oscar from PyPI, in an environment of its own under var/: never among our requirements."""

import json
import os
import subprocess
import sys
from pathlib import Path

from backend.config.services import postgres
from backend.config.services.place import Place

BASE_DIR = Path(__file__).resolve().parents[3]
HOME = BASE_DIR / "var" / "bench" / "oscar"
SHOP = Path(__file__).with_name("oscar_shop.py")
WORKERS = (1, 8, 32)


def prepare(place: Place) -> None:
    """Install it once (the network is needed then), make its database. CalledProcessError when it cannot."""
    python = HOME / "bin" / "python"
    if not list(HOME.glob("lib/*/site-packages/oscar")):
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(HOME)], check=True)
        wanted = ["django-oscar", "psycopg[binary]", "setuptools"]
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), *wanted], check=True)
    postgres.create_database(place, "oscar")
    _run(place, "prepare")


def best(place: Place, *, hot: bool, seconds: float, cores: set[int]) -> tuple[float, str]:
    """Orders a second at the best number of workers, and what each number gave."""
    told = {
        workers: json.loads(
            _run(place, "place", "hot" if hot else "distinct", str(workers), str(seconds), cores=cores)
        )["per_s"]
        for workers in WORKERS
    }
    return max(told.values()), ", ".join(f"{workers}: {rate:.1f}" for workers, rate in told.items())


def version() -> str:
    found = next(iter(HOME.glob("lib/*/site-packages/django_oscar-*.dist-info")), None)
    return found.name.removeprefix("django_oscar-").removesuffix(".dist-info") if found else "?"


def _run(place: Place, *words: str, cores: set[int] | None = None) -> str:
    env = {**os.environ, "OSCAR_HOST": str(place.at.socket_dir)}
    for name in ("DJANGO_SETTINGS_MODULE", "PYTHONPATH"):
        env.pop(name, None)
    done = subprocess.run(
        [HOME / "bin" / "python", "-P", "-W", "ignore", SHOP, *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )
    if done.returncode:
        raise RuntimeError(f"oscar: {done.stderr.strip()[-600:]}")
    return done.stdout.strip().rsplit("\n", 1)[-1]
