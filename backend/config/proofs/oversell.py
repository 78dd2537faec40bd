"""`make oversell`: many buyers at the door want what there is little of, round after round.

Each buyer has a connection of its own and gives one to three pieces at a time until one piece is refused. After
each round exactly the stock was given. A refusal is false when it says that fewer pieces are left than were given
by those who came after it was heard.

Settings: ROUNDS (200), SEED (1), BUYERS (64), MOST (1000 pieces), WEBS (1: web processes, each with its own
writer). The last line is one JSON object.
"""

import json
import os
import random
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from backend.config.bench import own_services
from backend.config.bench_orders.wishes import Need, make_needs
from backend.config.proofs.street import webs
from backend.config.proofs.visitor import NoAnswer, Visitor, guest
from backend.config.services.lines import say

NAME = "oversell"
QUANTITIES = (1, 1, 1, 2, 3)


@dataclass(frozen=True)
class Gift:
    """`sent` on the clock of this process."""

    sent: float
    quantity: int


@dataclass(frozen=True)
class Refusal:
    """«So many pieces are not left», `heard` on the clock of this process."""

    heard: float
    quantity: int


@dataclass
class Heard:
    """What one buyer was answered."""

    gifts: list[Gift] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    again: int = 0  # told to come again; the same key was sent again
    odd: set[int] = field(default_factory=set)


@dataclass
class Account:
    """All rounds together. `oversold` and `left_over` are pieces, `false_sold_out` are refusals."""

    rounds: int = 0
    buyers: int = 0
    webs: int = 0
    seed: int = 0
    stock: int = 0
    given: int = 0
    gifts: int = 0
    refusals: int = 0
    again: int = 0
    oversold: int = 0
    left_over: int = 0
    false_sold_out: int = 0
    wrong_counters: int = 0
    odd: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exact(self) -> bool:
        wrong = self.oversold, self.left_over, self.false_sold_out, self.wrong_counters, len(self.odd)
        return not any(wrong) and self.given == self.stock


def false_sold_outs(gifts: Sequence[Gift], refusals: Sequence[Refusal]) -> int:
    """Refusals of so many pieces, after which at least so many were given to gifts sent later."""
    later = sorted(gifts, key=lambda gift: gift.sent)
    moments = [gift.sent for gift in later]
    left = [0]
    for gift in reversed(later):
        left.append(left[-1] + gift.quantity)
    left.reverse()
    return sum(left[bisect_right(moments, refusal.heard)] >= refusal.quantity for refusal in refusals)


def buy(visitor: Visitor, need: Need, chance: random.Random, key: str, together: threading.Barrier) -> Heard:
    """Give until a single piece is refused."""
    heard, quantity, turn = Heard(), chance.choice(QUANTITIES), 0
    together.wait()
    while True:
        sent = time.monotonic()
        try:
            status = visitor.give(need, quantity, f"{key}-{turn:06d}").status
        except NoAnswer:
            status = 503
        if status >= 500:
            heard.again += 1
            continue
        turn += 1
        if status == 302:
            heard.gifts.append(Gift(sent, quantity))
            quantity = chance.choice(QUANTITIES)
            continue
        if status != 409:
            heard.odd.add(status)
            return heard
        heard.refusals.append(Refusal(time.monotonic(), quantity))
        if quantity == 1:
            return heard
        quantity = 1


def stocks(rounds: int, most: int, seed: int) -> list[int]:
    """1 and `most` first, then anything between, the small ones as often as the large ones."""
    chance = random.Random(seed)
    drawn = [round(most ** chance.random()) for _ in range(rounds)]
    return [1, most, *drawn][:rounds]


def run(rounds: int, seed: int, buyers: int, most: int, processes: int) -> Account:
    account = Account(rounds, buyers, processes, seed)
    with own_services() as services:
        import django

        django.setup()
        from django.db import connection

        needs = make_needs(rounds)
        with webs(services, processes) as running, ThreadPoolExecutor(buyers) as crowd:
            say(NAME, running[0][0].check_durable())
            visitors = [guest(running[n % processes][0].port) for n in range(buyers)]
            for number, stock in enumerate(stocks(rounds, most, seed)):
                need = needs[number]
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE needs_needline SET wanted = %s WHERE id = %s", [stock, need.id])
                _one_round(account, crowd, visitors, need, stock, random.Random(seed * 1_000 + number))
                if (number + 1) % 20 == 0:
                    say(NAME, f"round {number + 1}: {account.given} pieces of {account.stock} given")
        account.wrong_counters = _wrong_counters(needs)
    return account


def _one_round(
    account: Account,
    crowd: ThreadPoolExecutor,
    visitors: list[Visitor],
    need: Need,
    stock: int,
    chance: random.Random,
) -> None:
    together = threading.Barrier(len(visitors))
    began = time.monotonic()
    at_work = [
        crowd.submit(buy, visitor, need, random.Random(chance.random()), f"{need.ref[-6:]}-{n:03d}", together)
        for n, visitor in enumerate(visitors)
    ]
    told = [work.result() for work in at_work]
    gifts = [gift for heard in told for gift in heard.gifts]
    given = sum(gift.quantity for gift in gifts)
    account.seconds += time.monotonic() - began
    account.stock += stock
    account.given += given
    account.gifts += len(gifts)
    account.refusals += sum(len(heard.refusals) for heard in told)
    account.again += sum(heard.again for heard in told)
    account.oversold += max(given - stock, 0)
    account.left_over += max(stock - given, 0)
    account.false_sold_out += false_sold_outs(gifts, [no for heard in told for no in heard.refusals])
    account.odd = sorted({*account.odd, *(status for heard in told for status in heard.odd)})


def _wrong_counters(needs: Sequence[Need]) -> int:
    """Needs whose counter is not their stock, and counters that are not the sum of their lines."""
    from django.db.models import F

    from backend.donations.queries import reconcile
    from backend.needs.models import NeedLine

    not_given = NeedLine.objects.filter(pk__in=[need.id for need in needs]).exclude(reserved=F("wanted"))
    return not_given.count() + len(reconcile())


def main() -> int:
    def number(name: str, usual: int) -> int:
        return int(os.environ.get(name, usual))

    say(NAME, f"load {os.getloadavg()[0]:.1f}, cores {len(os.sched_getaffinity(0))}")
    account = run(
        number("ROUNDS", 200),
        number("SEED", 1),
        number("BUYERS", 64),
        number("MOST", 1_000),
        number("WEBS", 1),
    )
    rate = account.gifts / max(account.seconds, 0.001)
    say(
        NAME,
        f"{account.rounds} rounds, {account.buyers} buyers, {account.webs} web processes: {account.stock} pieces, "
        f"{account.given} given in {account.gifts} gifts ({rate:.0f} a second), {account.refusals} refusals",
    )
    say(
        NAME,
        f"oversold {account.oversold}, left over {account.left_over}, false sold-outs {account.false_sold_out}, "
        f"wrong counters {account.wrong_counters}, odd answers {account.odd or 'none'}",
    )
    say(NAME, "exactly the stock, every time" if account.exact else "BROKEN")
    say(NAME, json.dumps({**asdict(account), "exact": account.exact}))
    return 0 if account.exact else 1


if __name__ == "__main__":
    sys.exit(main())
