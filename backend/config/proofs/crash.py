"""`make crash`: kill -9 of PostgreSQL, web, worker, beat and Valkey at random moments under a giving crowd.

Donors give through the door, pay at the practice gateway and take some of it back; whoever hears nothing sends
the same again. Gifts that nobody pays expire. Afterwards no gift that was answered is missing, no key has two,
what the gateway took and sent back is what we wrote, and every counter is the sum of its lines. The cluster has
fsync, full_page_writes and synchronous_commit on. A killed process does not lose what the kernel holds: loss of
power is not claimed.

Settings: ROUNDS (50), SEED (1), WEBS (1), GAP (200: answered gifts between two kills, at most). The last line is one JSON object.
"""

import contextlib
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from backend.config.bench import Services, own_services
from backend.config.bench_orders.wishes import make_needs
from backend.config.proofs import books
from backend.config.proofs.givers import GIVERS, VISITORS, Crowd
from backend.config.proofs.street import jobs, webs
from backend.config.proofs.visitor import guest
from backend.config.services import postgres, valkey
from backend.config.services.children import Child
from backend.config.services.lines import say

NAME = "crash"
VICTIMS = ("postgres", "web", "worker", "worker", "beat", "valkey")
# gifts can be taken back all the time, so no supplier is asked; who does not pay loses the goods within the run
ENV = {"ZS_UNDO_MINUTES": "60", "ZS_RESERVATION_MINUTES": "1"}


def run(rounds: int, seed: int, processes: int, gap: int) -> tuple[list[str], dict[str, int]]:
    """`rounds` kills; what is wrong afterwards, in words, and the account."""
    chance = random.Random(seed)
    os.environ.update(ENV)
    with own_services() as services:
        import django

        django.setup()
        from django.db import connections

        needs = make_needs(4)
        killed: Counter[str] = Counter()
        with webs(services, processes, **ENV) as running:
            house = running[0][0]
            say(NAME, house.check_durable())
            visitors = [guest(running[n % processes][0].port) for n in range(VISITORS)]
            crowd = Crowd(needs, visitors, seed)
            with jobs(services, f"http://127.0.0.1:{house.port}", **ENV) as at_work:
                children = {"worker": [at_work[0]], "beat": [at_work[1]], "web": [web for _, web in running]}
                with _giving(crowd):
                    for number in range(rounds):
                        _wait_for_gifts(crowd, chance.randint(1, gap), children)
                        victim = chance.choice(VICTIMS)
                        _kill(victim, services, children, chance)
                        killed[victim] += 1
                        say(NAME, f"{number + 1}: {victim} killed; {len(crowd.known)} gifts answered")
                    _wait_for_gifts(crowd, GIVERS, children)
                connections.close_all()  # ours did not outlive the kills either
                left = _wait_until_settled()
        wrong = books.wrong(crowd.known, needs)
        if left:
            wrong.append(f"{left} notices, refunds or payments still wait")
        wrong += [f"answered with {answer}" for answer in sorted(crowd.odd)]
        return wrong, {**books.told(crowd.known), "sent_again": crowd.repeats, **_killed(killed)}


def _killed(killed: Counter[str]) -> dict[str, int]:
    return {f"killed_{victim}": killed[victim] for victim in dict.fromkeys(VICTIMS)}


def _wait_for_gifts(crowd: Crowd, more: int, children: dict[str, list[Child]], seconds: float = 120) -> None:
    """Until so many more were answered: a kill falls among gifts, not into a start."""
    wanted, end = len(crowd.known) + more, time.monotonic() + seconds
    while len(crowd.known) < wanted:
        for child in (child for group in children.values() for child in group if not child.running):
            raise RuntimeError(f"{child.name} ended by itself: {child.last_words()}")
        if time.monotonic() > end:
            raise RuntimeError(
                f"no {more} gifts were answered within {seconds:.0f} s: {crowd.odd or 'no answer'}"
            )
        time.sleep(0.002)


def _wait_until_settled(patience: float = 90) -> int:
    """Until the worker has done all that was due, or nothing moved for so many seconds; how much still waits."""
    least, end = sys.maxsize, time.monotonic() + patience
    while (left := books.settle_what_waits(at=datetime.now(UTC))) and time.monotonic() < end:
        if left < least:
            least, end = left, time.monotonic() + patience
        time.sleep(1)
    return left


@contextlib.contextmanager
def _giving(crowd: Crowd) -> Iterator[None]:
    threads = [threading.Thread(target=crowd.giver, args=(number,)) for number in range(GIVERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        crowd.over.set()
        for thread in threads:
            thread.join()


def _kill(victim: str, services: Services, children: dict[str, list[Child]], chance: random.Random) -> None:
    """kill -9 with all it started, then the start that a supervisor would make."""
    stores = {
        "postgres": (services.postgres, lambda: postgres.child(services.where)),
        "valkey": (services.valkey, lambda: valkey.child(services.where)),
    }
    child = stores[victim][0] if victim in stores else chance.choice(children[victim])
    child.sweep()
    if victim in stores:
        fresh = stores[victim][1]()
        child.command, child.process = fresh.command, None
    child.start()
    if victim == "postgres":
        postgres.wait_for(services.where, child)


def main() -> int:
    asked = {"ROUNDS": 50, "SEED": 1, "WEBS": 1, "GAP": 200}
    rounds, seed, processes, gap = (int(os.environ.get(name, usual)) for name, usual in asked.items())
    began = time.monotonic()
    wrong, account = run(rounds, seed, processes, gap)
    for words in wrong:
        say(NAME, words)
    say(NAME, ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in account.items()))
    say(NAME, f"{rounds} kills, seed {seed}: " + ("nothing lost, nothing doubled" if not wrong else "BROKEN"))
    told = {"rounds": rounds, "seed": seed, "seconds": time.monotonic() - began, **account, "wrong": wrong}
    say(NAME, json.dumps(told))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
