"""`make bench-hosts`: the same crowd over one, two and four web processes, each with its own writer, on one database.

All of them give to one hot need, then to distinct ones. What the web and what the database cost per gift is
told apart, so that it can be reckoned what more hosts would do: on one core the rate cannot grow, but the cost
shows whether writers wait for each other. Afterwards every counter is the sum of its lines.

Settings: WEBS (1,2,4), CLIENTS (64, shared among them), SECONDS (8). The last line is one JSON object.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from backend.config.bench import own_services
from backend.config.bench_orders import meter
from backend.config.bench_orders.house import House
from backend.config.bench_orders.wishes import Need, make_needs, requests
from backend.config.proofs.street import webs
from backend.config.services.children import Child
from backend.config.services.lines import say

NAME = "hosts"
NEEDS, VISITORS = 5_000, 5_000  # of each web process: nobody comes twice in a few seconds
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"

Running = Sequence[tuple[House, Child]]


def measure(running: Running, files: Sequence[Path], clients: int, seconds: float) -> dict[str, float]:
    """One crowd for each web process at the same time; what all of them reached together."""
    roots = [web.process.pid for _, web in running if web.process is not None]
    database = running[0][0]
    web_before, store_before = meter.cpu_seconds(*roots), meter.cpu_seconds(database.postmaster)
    commits = int(database.ask(COMMITS))
    each = max(clients // len(running), 1)
    with ThreadPoolExecutor(len(running)) as crowds:
        at_work = [
            crowds.submit(house.crowd, web, file, each, seconds)
            for (house, web), file in zip(running, files, strict=True)
        ]
        told = [crowd.result() for crowd in at_work]
    gifts = sum(one["sent"] - sum(one["odd"].values()) for one in told)
    time.sleep(1.2)  # the server's own figures are a second late
    return {
        "per_s": round(sum(one["per_s"] for one in told), 1),
        "p50_ms": round(max(one["p50_ms"] for one in told), 1),
        "p99_ms": round(max(one["p99_ms"] for one in told), 1),
        "web_us": round((meter.cpu_seconds(*roots) - web_before) / gifts * 1e6),
        "database_us": round((meter.cpu_seconds(database.postmaster) - store_before) / gifts * 1e6),
        "gifts_a_commit": round(gifts / max(int(database.ask(COMMITS)) - commits, 1), 1),
        "odd": sum(sum(one["odd"].values()) for one in told),
    }


def run(counts: Sequence[int], clients: int, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with own_services() as services:
        import django

        django.setup()
        needs = make_needs(NEEDS)
        for count in counts:
            with webs(services, count) as running:
                if not told:
                    say(NAME, running[0][0].check_durable())
                for name, wanted in (("hot", needs[:1]), ("distinct", needs)):
                    files = [_requests(house, name, wanted) for house, _ in running]
                    measure(running, files, clients, 1.0)  # plans and pages are made
                    told[f"{name}_{count}"] = one = measure(running, files, clients, seconds)
                    say(NAME, f"{count} web processes, {name}: " + _words(one))
        told["wrong_counters"] = _wrong_counters()
    return told


def _requests(house: House, name: str, needs: list[Need]) -> Path:
    """Visitors of this process's own: two processes never get the same key of the same visitor."""
    return house.requests(name, requests(needs, VISITORS))


def _words(told: dict[str, float]) -> str:
    return (
        f"{told['per_s']:.0f} a second, p50 {told['p50_ms']:.1f}, p99 {told['p99_ms']:.1f} ms; a gift takes "
        f"{told['web_us']:.0f} us in the web and {told['database_us']:.0f} in the database; "
        f"{told['gifts_a_commit']:.1f} gifts a commit"
    )


def _wrong_counters() -> int:
    from backend.donations.queries import reconcile

    return len(reconcile())


def main() -> int:
    counts = [int(part) for part in os.environ.get("WEBS", "1,2,4").split(",")]
    clients, seconds = int(os.environ.get("CLIENTS", "64")), float(os.environ.get("SECONDS", "8"))
    say(NAME, f"load {os.getloadavg()[0]:.1f}, cores {len(os.sched_getaffinity(0))}, {clients} clients")
    told = run(counts, clients, seconds)
    odd = sum(one["odd"] for one in told.values() if isinstance(one, dict))
    sound = not told["wrong_counters"] and not odd
    say(
        NAME,
        "every counter is exact"
        if sound
        else f"BROKEN: {told['wrong_counters']} counters, {odd} odd answers",
    )
    say(NAME, json.dumps(told))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
