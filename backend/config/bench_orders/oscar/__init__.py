"""django-oscar from PyPI, in an environment of its own under var/: never among our requirements."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from backend.config.bench_orders.house import House
from backend.config.services import postgres
from backend.config.services.children import Child
from backend.config.services.lines import say
from backend.config.services.place import Place

BASE_DIR = Path(__file__).resolve().parents[4]
HOME = BASE_DIR / "var" / "bench" / "oscar"
PYTHON = HOME / "bin" / "python"
SHOP = Path(__file__).with_name("shop.py")
WORKERS = (1, 8, 32)
CLIENTS = 2, 8  # for each worker, and at least: nobody is idle, and few wait when the time is over
SPARE = 2.0  # times the orders that its operation alone would place, for which baskets are made
WARM = 0.5  # seconds before it counts
PLACED = "/checkout/thank-you/"
Rates = dict[str, dict[int, float]]  # of one hot thing and of distinct ones, by the number of workers


def prepare(place: Place) -> None:
    """Install it once (the network is needed then), make its database. CalledProcessError when it cannot."""
    packages = next(iter(HOME.glob("lib/*/site-packages")), HOME)
    if not all((packages / name).is_dir() for name in ("oscar", "gunicorn")):
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(HOME)], check=True)
        wanted = ["django-oscar", "psycopg[binary]", "setuptools", "gunicorn"]
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(PYTHON), *wanted], check=True)
    postgres.create_database(place, "oscar")
    _run(place, "prepare")


def placed(house: House, seconds: float) -> Rates:
    """Orders a second of its operation `place_order`, without HTTP."""
    told = json.loads(_run(house.where, "place", str(seconds), *map(str, WORKERS), cores=house.cores[0]))
    return {name: {int(workers): rate for workers, rate in rates.items()} for name, rates in told.items()}


def through_its_door(house: House, seconds: float, *, most: float) -> Rates:
    """Orders a second by the last POST of its checkout; `most`: what it places at best without HTTP."""
    clients = {workers: max(CLIENTS[0] * workers, CLIENTS[1]) for workers in WORKERS}
    baskets = int(SPARE * most * (seconds + WARM) + max(clients.values())) * len(WORKERS)
    _run(house.where, "requests", str(baskets), str(house.folder))
    rates: Rates = {"hot": {}, "distinct": {}}
    for workers in WORKERS:
        with _shop(house, workers) as web:
            for name, found in rates.items():
                made = house.folder / f"oscar-{name}.json"
                house.crowd(web, made, clients[workers], WARM, good=PLACED)
                run = house.crowd(web, made, clients[workers], seconds, good=PLACED)
                if run["odd"]:
                    say("bench-orders", f"django-oscar with {workers} workers: other answers {run['odd']}")
                found[workers] = run["per_s"]
    return rates


def version() -> str:
    found = next(iter(HOME.glob("lib/*/site-packages/django_oscar-*.dist-info")), None)
    return found.name.removeprefix("django_oscar-").removesuffix(".dist-info") if found else "?"


@contextlib.contextmanager
def _shop(house: House, workers: int) -> Iterator[Child]:
    """So many processes of one thread each, forked once all is imported; they keep connections, as ours does."""
    command = [str(PYTHON), "-m", "gunicorn", "--preload", "--chdir", str(SHOP.parent)]
    command += ["--bind", f"127.0.0.1:{house.port}", "--workers", str(workers), "--threads", "1"]
    command += ["--worker-class", "gthread", "--keep-alive", "60"]
    command += ["--graceful-timeout", "1", "shop:door()"]
    child = Child("oscar", command, house.folder / "oscar.log", _env(house.where))
    with house.served(child):
        yield child


def _env(place: Place) -> dict[str, str]:
    return {"OSCAR_HOST": str(place.at.socket_dir), "DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": ""}


def _run(place: Place, *words: str, cores: set[int] | None = None) -> str:
    done = subprocess.run(
        [PYTHON, "-P", "-W", "ignore", SHOP, *words],
        env={**os.environ, **_env(place)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )
    if done.returncode:
        raise RuntimeError(f"oscar: {done.stderr.strip()[-600:]}")
    return done.stdout.strip().rsplit("\n", 1)[-1]
