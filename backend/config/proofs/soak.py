"""`make soak`: half the top rate for a long time, and nothing may grow that should not.

Gifts are due at fixed moments through the real door; beside them donors pay at the practice gateway, let their
time run out, take gifts back and look at pages, and a worker does all that is announced. After each slice the
memory of every process and the size of every table are read. The run fails when memory, latency or processor
time per gift drift, when a table grows that is not kept for good, when an answer is odd or a counter wrong.

Settings: MINUTES (30), RATE (0: half of what a burst of 64 clients reaches first), SLICE (10 seconds).
Writes figures and a plot to var/soak/; the last line is one JSON object.
"""

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from backend.config.bench import BASE_DIR, Services, own_services
from backend.config.bench_orders.house import House
from backend.config.bench_orders.wishes import Need, make_needs, newcomers, requests
from backend.config.proofs import drift, gauge
from backend.config.proofs.plot import Panel, svg
from backend.config.proofs.street import jobs, webs
from backend.config.proofs.visitor import NoAnswer, Visitor, guest
from backend.config.services.children import Child
from backend.config.services.lines import say

NAME = "soak"
CLIENTS, NEEDS, VISITORS, BURST = 64, 20, 20_000, 15.0
PAID, LATE = 4, 2  # gifts a second that are paid, and whose time runs out
ENV = {"ZS_UNDO_MINUTES": "600", "ZS_RESERVATION_MINUTES": "600"}  # nothing else expires or goes to suppliers
MB = drift.MB


@dataclass
class Run:
    """One value per slice in each list."""

    rate: float = 0.0
    seconds: list[float] = field(default_factory=list)
    gifts: list[float] = field(default_factory=list)
    told: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)
    tables: dict[str, list[float]] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)

    def note(
        self, second: float, told: dict[str, Any], memory: dict[str, int], tables: dict[str, int]
    ) -> None:
        self.seconds.append(second)
        self.gifts.append((self.gifts[-1] if self.gifts else 0) + told["sent"] - sum(told["odd"].values()))
        for name in ("per_s", "p50_ms", "p99_ms", "cpu_us"):
            self.told.setdefault(name, []).append(told[name])
        for kept, values in ((self.memory, memory), (self.tables, tables)):
            for name, value in values.items():
                kept.setdefault(name, []).append(value)
        for answer, times in told["odd"].items():
            self.odd[answer] = self.odd.get(answer, 0) + times

    def wrong(self) -> list[str]:
        odd = [f"{times} answers were {answer}" for answer, times in self.odd.items()]
        grown = drift.grown_memory(self.memory) + drift.grown_tables(self.tables, self.gifts)
        return odd + grown + drift.slower(self.told)


@dataclass
class Life:
    """What happens beside the gifts, once a second, until `over`."""

    needs: list[Need]
    visitor: Visitor
    site: str
    over: threading.Event = field(default_factory=threading.Event)
    unheard: int = 0

    def go_on(self) -> None:
        from django.db import connections

        began = time.monotonic()
        turn = 0
        while not self.over.wait(max(began + turn - time.monotonic(), 0)):
            turn += 1
            self._gateway()
            self._look()
        connections.close_all()

    def _gateway(self) -> None:
        """The newest gifts: some are paid, some are let run out; one that was paid is taken back."""
        from backend.donations.models import Donation, Payment
        from backend.donations.operations import take_back
        from backend.donations.payments.sandbox import remote
        from backend.kernel.errors import Refused

        now = datetime.now(UTC)
        newest = Payment.objects.select_related("account", "donation").order_by("-pk")
        open_ones = list(newest.filter(status="created")[: PAID + LATE])
        for row in open_ones[:PAID]:
            notices = f"{self.site}/payments/sandbox/notice/"
            order = remote.Wish(
                row.account.merchant_no, row.merchant_ref, row.amount, row.currency, "", "", notices, None
            )
            remote.pay(order, at=now)
        Donation.objects.filter(pk__in=[row.donation_id for row in open_ones[PAID:]]).update(expires_at=now)
        if paid := newest.filter(status="paid", donation__status="paid").first():
            with contextlib.suppress(Refused):
                take_back(donation=paid.donation.public_id, actor="visitor:soak", at=now)

    def _look(self) -> None:
        from backend.donations.models import Donation
        from backend.donations.tokens import gift_token
        from backend.needs.models import NeedLine

        appeal = NeedLine.objects.values_list("appeal__public_id", flat=True).get(pk=self.needs[0].id)
        gift = Donation.objects.order_by("-pk").first()
        paths = [
            "/",
            f"/appeals/{appeal}/",
            f"/appeals/{appeal}/counters.json",
            f"/give/?need={self.needs[0].ref}",
        ]
        if gift:
            paths.append(f"/gifts/{gift_token(donation=gift.public_id, link_version=gift.link_version)}/")
        for path in paths:
            try:
                self.visitor.get(path)
            except NoAnswer:
                self.unheard += 1


@contextlib.contextmanager
def living(life: Life) -> Iterator[None]:
    thread = threading.Thread(target=life.go_on)
    thread.start()
    try:
        yield
    finally:
        life.over.set()
        thread.join()


def soak(minutes: float, rate: float, slice_seconds: float) -> tuple[Run, list[str]]:
    os.environ.update(ENV)
    with own_services() as services:
        import django

        django.setup()
        needs = make_needs(NEEDS)
        with webs(services, 1, **ENV) as running:
            house, web = running[0]
            say(NAME, house.check_durable())
            file = house.requests("soak", requests(needs, VISITORS))
            site = f"http://127.0.0.1:{house.port}"
            with jobs(services, site, **ENV) as at_work:
                run = Run(rate or _half_the_top(house, web, file))
                say(NAME, f"{run.rate:.0f} gifts a second for {minutes:g} minutes")
                roots = _roots(services, web, at_work)
                with living(Life(needs, guest(house.port), site)):
                    _slices(run, house, web, needs, roots, minutes * 60, slice_seconds)
                return run, run.wrong() + _after(services)


def _half_the_top(house: House, web: Child, file: Path) -> float:
    top = house.crowd(web, file, CLIENTS, BURST)
    say(NAME, f"{CLIENTS} clients without a pause: {top['per_s']:.0f} a second")
    return float(top["per_s"]) / 2


def _roots(services: Services, web: Child, at_work: list[Child]) -> dict[str, int]:
    children = [services.postgres, services.valkey, web, *at_work]
    return {child.name: child.process.pid for child in children if child.process is not None}


def _slices(
    run: Run, house: House, web: Child, needs: list[Need], roots: dict[str, int], seconds: float, each: float
) -> None:
    """Each with visitors of its own: one who keeps giving is counted by all houses together, which a crowd is not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        file = house.requests("soak", newcomers(needs, int(run.rate * (each + 1)) + 1))
        told = house.crowd(web, file, CLIENTS, each, run.rate)
        memory = {name: gauge.own_memory(pid) for name, pid in roots.items()}
        run.note(time.monotonic() - began, told, memory, gauge.table_bytes())
        if len(run.seconds) % 6 == 0:
            used = ", ".join(f"{name} {size / MB:.0f}" for name, size in memory.items())
            say(
                NAME,
                f"{run.seconds[-1] / 60:.1f} min: {told['per_s']:.0f}/s, p50 {told['p50_ms']:.1f}, "
                f"p99 {told['p99_ms']:.1f} ms, {told['cpu_us']:.0f} us a gift; MB: {used}",
            )


def _after(services: Services) -> list[str]:
    """Counters, and whether the worker kept up: what is due is done soon after the last gift."""
    from backend.donations.models import Donation, Refund
    from backend.donations.payments.sandbox.models import SandboxNotice
    from backend.donations.queries import reconcile
    from backend.journal.models import Unplaced

    def waiting() -> dict[str, int]:
        now = datetime.now(UTC)
        return {
            "entries without a place": Unplaced.objects.count(),
            "gifts whose time is over": Donation.objects.filter(status="placed", expires_at__lte=now).count(),
            "notices": SandboxNotice.objects.filter(delivered_at__isnull=True).count(),
            "refunds": Refund.objects.exclude(status="paid").count(),
        }

    end = time.monotonic() + 60
    while any((left := waiting()).values()) and time.monotonic() < end:
        time.sleep(1)
    wrong = [f"{count} {name} still wait after a minute" for name, count in left.items() if count]
    return wrong + [f"{len(drifted)} counters have drifted" for drifted in [reconcile()] if drifted]


def picture(run: Run, words: str) -> str:
    minutes = run.seconds
    memory = {name: [value / MB for value in values] for name, values in run.memory.items()}
    kept = {
        name: [value / MB for value in run.tables[name]] for name in sorted(drift.KEPT & run.tables.keys())
    }
    largest = dict(sorted(kept.items(), key=lambda table: -table[1][-1])[:7])
    others = [values for name, values in run.tables.items() if name not in drift.KEPT]
    rest = {"all that must not grow": [sum(sizes) / MB for sizes in zip(*others, strict=True)]}
    return svg(
        "Gifts at half the top rate",
        words,
        [
            Panel("Answers", "ms", minutes, {"p50": run.told["p50_ms"], "p99": run.told["p99_ms"]}),
            Panel("Gifts", "a second", minutes, {"answered": run.told["per_s"]}),
            Panel("Processor time per gift", "µs", minutes, {"server": run.told["cpu_us"]}),
            Panel("Memory that is a process's own", "MB", minutes, memory),
            Panel("Tables kept for good, the largest", "MB", minutes, largest),
            Panel("Other tables together", "MB", minutes, rest),
        ],
    )


def summary(run: Run) -> dict[str, Any]:
    kept = sum(run.tables[name][-1] - run.tables[name][0] for name in drift.KEPT & run.tables.keys())
    others = {name: values for name, values in run.tables.items() if name not in drift.KEPT}
    return {
        "rate": round(run.rate, 1),
        "gifts": int(run.gifts[-1]),
        "per_s": round(median(run.told["per_s"]), 1),
        "p50_ms": round(median(run.told["p50_ms"]), 1),
        "p99_ms": round(median(run.told["p99_ms"]), 1),
        "drift": {name: [round(v, 1) for v in drift.fifths(values)] for name, values in run.told.items()},
        "memory_mb": {
            name: [round(value / MB, 1) for value in drift.fifths(values)]
            for name, values in run.memory.items()
        },
        "kept_bytes_per_gift": round(kept / max(run.gifts[-1] - run.gifts[0], 1)),
        "other_tables_mb": [round(sum(v[n] for v in others.values()) / MB, 1) for n in (0, -1)],
    }


def main() -> int:
    minutes, rate, each = (
        float(os.environ.get(name, usual)) for name, usual in (("MINUTES", 30), ("RATE", 0), ("SLICE", 10))
    )
    began = datetime.now(UTC)
    words = (
        f"{began:%Y-%m-%d %H:%M} UTC, {len(os.sched_getaffinity(0))} core(s), load {os.getloadavg()[0]:.1f}"
    )
    say(NAME, words)
    run, wrong = soak(minutes, rate, each)
    folder = BASE_DIR / "var" / "soak"
    folder.mkdir(parents=True, exist_ok=True)
    told = {**summary(run), "minutes": minutes, "wrong": wrong}
    drawing = folder / f"soak-{began:%Y%m%d-%H%M}.svg"
    drawing.write_text(
        picture(run, f"{words} at its start; {run.rate:.0f} gifts a second for {minutes:g} minutes")
    )
    drawing.with_suffix(".json").write_text(json.dumps({**told, "run": run.__dict__}, indent=1))
    for line in wrong:
        say(NAME, line)
    say(NAME, f"plot and figures: {drawing.relative_to(BASE_DIR)}, .json beside it")
    say(NAME, "nothing drifts" if not wrong else "BROKEN")
    say(NAME, json.dumps(told))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
