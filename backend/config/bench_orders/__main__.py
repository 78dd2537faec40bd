"""`make bench-orders` (QUICK=1 for under three minutes, APART=1 for web and database on a core each).

Prints what it measured as it goes, a table, and one JSON object as the last line. Needs the network once, for
django-oscar; without it that rival is left out and the line says null.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.config.bench import own_services
from backend.config.bench_orders.house import House, hold_port
from backend.config.services.lines import say

NAME = "bench-orders"


@dataclass
class Plan:
    """How long and how many: every figure is the best of `clients`, each for `seconds`, the median of `rounds`.

    `visitors` are so many that none comes a third time to one web process.
    """

    visitors: int
    seconds: float
    clients: tuple[int, ...]
    rounds: int
    steady: float


PGBENCH_CONNECTIONS = "160"  # its 128 beside ours; the house itself needs few
QUICK = Plan(20_000, 2, (1, 64, 256), 1, 5)
WHOLE = Plan(40_000, 8, (1, 8, 32, 64, 128, 256), 3, 20)


@dataclass
class Table:
    """Lines as they are measured, told at once."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, what: str, told: str) -> None:
        self.lines.append((what, told))
        say(NAME, f"{what}: {told}")

    def show(self) -> None:
        width = max(len(what) for what, _ in self.lines)
        say(NAME, "")
        for what, told in self.lines:
            print(f"  {what:<{width}}  {told}")


def median(rounds: int, act: Callable[[], float]) -> float:
    return sorted(act() for _ in range(rounds))[rounds // 2]


def main() -> int:
    plan = QUICK if os.environ.get("QUICK") else WHOLE
    cores = sorted(os.sched_getaffinity(0))
    apart = bool(os.environ.get("APART")) and (os.cpu_count() or 1) > 1
    own = ({0}, {1}, {0}) if apart else ({cores[-1]},) * 3
    os.sched_setaffinity(0, own[1])
    say(
        NAME,
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, load {os.getloadavg()[0]:.1f}, "
        + ("web and crowd on core 0, database on core 1" if apart else f"all on core {cores[-1]}"),
    )
    with own_services(max_connections=PGBENCH_CONNECTIONS) as services:
        import django

        django.setup()
        assert services.postgres.process is not None
        ports = hold_port()
        house = House(services.where, services.folder, services.postgres.process.pid, ports.numbers[0], own)
        say(NAME, house.check_durable())
        return _measure(house, plan)


def _measure(house: House, plan: Plan) -> int:
    from backend.config.bench_orders import measures

    table = Table()
    told = measures.all_of(house, plan, table)
    table.show()
    print(json.dumps(told))
    return 1 if told["oversold"] else 0


if __name__ == "__main__":
    sys.exit(main())
