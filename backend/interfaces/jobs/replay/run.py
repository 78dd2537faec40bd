"""The whole replay: donors come, suppliers work beside them, then vehicles drive until the last count."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console

from backend.interfaces.jobs.replay.browser import Browser
from backend.interfaces.jobs.replay.donors import Crowd
from backend.interfaces.jobs.replay.fleet import Fleet, NoPlan
from backend.interfaces.jobs.replay.shelf import look_around
from backend.interfaces.jobs.replay.stream import visits
from backend.interfaces.jobs.replay.suppliers import SupplierSystem, goods_by_sku
from backend.interfaces.jobs.replay.watch import Watch
from backend.timelines.account import Account, Check, Goods, account

LOOK_SECONDS = 1.0
IDLE_SECONDS = 8.0  # a supplier without orders looks again after so long at most
FULL_ROUND = 150  # shipments that are worth a round while donors still come
PATIENCE_SECONDS = 240.0  # so long without any piece moving: something is stuck


@dataclass(frozen=True)
class Outcome:
    """What came of a replay; `sound` decides the exit status."""

    account: Account
    checks: tuple[Check, ...]
    visits: dict[str, int]
    failures: list[str]

    @property
    def sound(self) -> bool:
        return not self.failures and all(check.holds for check in self.checks)


class Suppliers:
    """Each supplier's system in a thread of its own, until it is told to stop."""

    def __init__(self, systems: list[SupplierSystem], clock: Callable[[], datetime]) -> None:
        self.systems, self.clock = systems, clock
        self.failures: list[str] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(system,)) for system in systems]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        for system in self.systems:
            system.close()

    def _work(self, system: SupplierSystem) -> None:
        try:
            system.catch_up(at=self.clock())
            idle = LOOK_SECONDS
            while not self.over.is_set():
                idle = LOOK_SECONDS if system.work(at=self.clock()) else min(idle * 2, IDLE_SECONDS)
                self.over.wait(idle)
        except Exception as error:
            self.failures.append(f"{system.name}: {error}")
            self.over.set()


def _goods() -> Goods:
    return account().goods


def _paid(account: Account) -> int:
    return account.states["捐赠"].get("paid", 0)


@dataclass
class Road:
    """How far everything has come, and since when nothing has moved."""

    paid_before: int
    moved: tuple[int, ...] = ()
    moved_at: float = field(default_factory=time.monotonic)

    def is_idle(self, now: Account, paid: int) -> bool:
        """Every payment is settled, and nothing is with the suppliers."""
        settled = _paid(now) - self.paid_before >= paid
        return settled and not now.goods.waiting_for_supplier and not now.goods.at_suppliers

    def is_done(self, now: Account, paid: int) -> bool:
        return self.is_idle(now, paid) and now.goods.unfinished == 0

    def is_stuck(self, now: Account) -> bool:
        moved = (_paid(now), now.goods.ordered, now.goods.shipped, now.goods.counted)
        if moved != self.moved:
            self.moved, self.moved_at = moved, time.monotonic()
        return time.monotonic() - self.moved_at > PATIENCE_SECONDS


@dataclass
class Replay:
    """One replay against the server at `base`; `keys` are the suppliers' API keys by name, `links` sign in."""

    base: str
    orders: int
    seed: int
    speed: float
    workers: int
    keys: dict[str, str]
    links: dict[str, str]
    clock: Callable[[], datetime]
    console: Console = field(default_factory=Console)
    failures: list[str] = field(default_factory=list)

    def run(self) -> Outcome:
        """Let them all come, and follow every piece to its count."""
        before = account()
        with Browser(self.base) as visitor:
            shelf = look_around(visitor)
        crowd = Crowd(self.base, shelf, self.seed, self.workers)
        goods = goods_by_sku()
        systems = [SupplierSystem(self.base, name, key, self.seed, goods) for name, key in self.keys.items()]
        suppliers = Suppliers(systems, self.clock)
        suppliers.start()
        try:
            with Watch(self.console, self.orders, _goods, self.clock) as watch:
                self._follow(watch, crowd, suppliers, before)
        finally:
            suppliers.stop()
        self.failures += [*crowd.tally.failures, *suppliers.failures]
        return self._outcome(before, crowd)

    def _follow(self, watch: Watch, crowd: Crowd, suppliers: Suppliers, before: Account) -> None:
        """While donors come and suppliers pack, drive what is ready, until all that was paid is counted."""
        stream = visits(orders=self.orders, seed=self.seed)
        come = threading.Thread(
            target=crowd.come, args=(stream,), kwargs={"speed": self.speed, "done": watch.visited}
        )
        come.start()
        road = Road(paid_before=_paid(before))
        with Fleet(self.base, self.links, self.seed, self.clock) as fleet:
            while not suppliers.over.is_set():
                now = account()
                come_in = not come.is_alive()
                if come_in and road.is_done(now, paid=crowd.tally.visits["paid"]):
                    break
                if road.is_stuck(now):
                    self.failures.append(f"nothing has moved for {PATIENCE_SECONDS:.0f} s: {now.goods}")
                    break
                if not self._drive(fleet, idle=come_in and road.is_idle(now, crowd.tally.visits["paid"])):
                    suppliers.over.wait(LOOK_SECONDS)
        come.join()

    def _drive(self, fleet: Fleet, *, idle: bool) -> bool:
        """A round, when enough is ready or nothing else is going on; False when none was driven."""
        ready = sum(fleet.ready().values())
        if ready < FULL_ROUND and not idle:
            return False
        try:
            return fleet.round()
        except NoPlan as error:
            self.console.print(f"没排成，等一下再排：{error}", style="yellow", highlight=False)
            return False

    def _outcome(self, before: Account, crowd: Crowd) -> Outcome:
        now = account()
        came = crowd.tally.visits
        settled = _paid(now) - _paid(before)
        checks = (
            *now.checks,
            Check("来的人 = 有结果的人", self.orders, sum(came.values())),
            Check("付了款的人 = 付了款的捐赠", came["paid"], settled),
            Check("付了款的件数 = 多占下的件数", crowd.tally.pieces, now.goods.given - before.goods.given),
            Check("付了款、还没点数的 = 0", now.goods.unfinished, 0),
        )
        return Outcome(now, checks, dict(came), self.failures)
