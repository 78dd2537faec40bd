"""`make bench`: how quick giving, pages and planning are here, as medians.

On services of its own with the settings of a deployment (every commit reaches the disk), through the same
operations and doors that people use.
"""

import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.config.services import pair, place, postgres
from backend.config.services.children import Child
from backend.config.services.lines import ServiceError, say
from backend.config.services.place import Place

if TYPE_CHECKING:
    from backend.needs.queries import NeedCard

BASE_DIR = Path(__file__).resolve().parents[2]
GIVERS, SECONDS, LOOKS = 16, 8.0, 40
PLAN = ["--warehouses", "3", "--recipients", "30", "--vehicles", "4", "--seed", "7"]


@dataclass(frozen=True)
class Services:
    """What `own_services` runs: the short folder that goes with it, and both servers."""

    folder: Path
    where: Place
    postgres: Child
    valkey: Child


@contextlib.contextmanager
def own_services(**settings: str) -> Iterator[Services]:
    """A folder, both services and the demonstration county, for as long as the block lasts; `settings` of
    PostgreSQL beside those of a deployment.
    """
    folder = Path(tempfile.mkdtemp(prefix="zhisong-bench-", dir="/tmp"))
    folder.chmod(0o755)
    where = place.in_folder(folder)
    os.environ.update(
        DATABASE_URL=where.at.database_url,
        REDIS_URL=where.at.redis_url,
        ZS_VAR_DIR=str(folder / "var"),
        ZS_DEMO="1",
        ZS_LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="backend.config.settings",
    )
    try:
        with pair.running(where, {**postgres.DURABLE, **settings}) as (database, valkey):
            subprocess.run(
                [sys.executable, "-m", "backend.config.prepare"],
                cwd=BASE_DIR,
                check=True,
                stderr=subprocess.DEVNULL,
            )
            yield Services(folder, where, database, valkey)
    finally:
        shutil.rmtree(folder)


def giving() -> dict[str, float]:
    """Many givers on one need, each gift by the operation: gifts a second, milliseconds of the median gift."""
    from django.db import connections

    from backend.donations.operations import place as give
    from backend.donations.rules import DonorDetail, GiftLine
    from backend.needs.queries import need_cards, open_appeals

    now = datetime.now(UTC)
    ids = [need.public_id for appeal in open_appeals(at=now, limit=60) for need in appeal.needs]
    need = max(need_cards(public_ids=ids, at=now).values(), key=lambda card: card.left)
    line = GiftLine(need.public_id, 1, need.unit_price)
    took: list[float] = []
    left = iter(range(need.left))
    end = time.monotonic() + SECONDS

    def giver(name: str) -> None:
        for number in left:
            began = time.perf_counter()
            give(
                client=name,
                key=f"bench-{number:08d}",
                lines=[line],
                donor=DonorDetail(),
                actor=f"guest:{name}",
                at=now,
            )
            took.append(time.perf_counter() - began)
            if time.monotonic() > end:
                break
        connections.close_all()

    began = time.perf_counter()
    _together(giver)
    return {
        "gifts": len(took),
        "gifts/s": len(took) / (time.perf_counter() - began),
        "ms": statistics.median(took) * 1000,
    }


def _together(act: Callable[[str], None]) -> None:
    threads = [threading.Thread(target=act, args=(f"giver{number}",)) for number in range(GIVERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def pages() -> dict[str, float]:
    """Milliseconds of the median answer, rendered by the doors in this process."""
    from django.test import Client

    from backend.needs.queries import open_appeals

    appeal = open_appeals(at=datetime.now(UTC), limit=1)[0]
    client = Client(SERVER_NAME="127.0.0.1")
    paths = {
        "home": "/",
        "appeal": f"/appeals/{appeal.public_id}/",
        "gift": _gift_page([need for need in appeal.needs if need.left][:3]),
        "sign in": "/accounts/login/",
    }
    return {name: _median_ms(lambda path=path: _look(client, path)) for name, path in paths.items()}  # type: ignore[misc]


def _gift_page(needs: "Sequence[NeedCard]") -> str:
    """Where the page of one piece of each of `needs` is."""
    from django.urls import reverse

    from backend.donations.operations import place as give
    from backend.donations.rules import DonorDetail, GiftLine

    lines = [GiftLine(need.public_id, 1, need.unit_price) for need in needs]
    given = give(
        client="looker",
        key="bench-page",
        lines=lines,
        donor=DonorDetail(),
        actor="guest:looker",
        at=datetime.now(UTC),
    )
    return reverse("track:gift", kwargs={"key": given.tokens[0]})


def _look(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"


def _median_ms(act: Callable[[], object]) -> float:
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def plan() -> str:
    """The planner's own last line for a made-up county, five seconds of search."""
    with tempfile.TemporaryDirectory() as folder:
        problem = f"{folder}/county.json"
        subprocess.run(
            [sys.executable, "-m", "routing", "generate", *PLAN, "--out", problem], cwd=BASE_DIR, check=True
        )
        solve = [sys.executable, "-m", "routing", "solve", problem, "--seconds", "5", "--seed", "7"]
        done = subprocess.run(solve, cwd=BASE_DIR, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.strip().splitlines()[-1]


def main() -> int:
    say(
        "bench",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}",
    )
    try:
        with own_services():
            import django

            django.setup()
            told = giving()
            say(
                "bench",
                f"giving: {told['gifts/s']:.0f} gifts/s on one need by {GIVERS} givers, median {told['ms']:.1f} ms, {told['gifts']:.0f} gifts",
            )
            for name, median in pages().items():
                say("bench", f"page {name}: median {median:.1f} ms of {LOOKS}")
    except ServiceError as error:
        say("bench", str(error))
        return 1
    say("bench", f"plan: {plan()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
