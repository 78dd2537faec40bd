"""`make crash`: kill -9 of PostgreSQL, web and Valkey at random moments while a crowd gives through the door.

Every giver sends a gift again with the same key until it is answered, as a browser that hears nothing would.
Afterwards no gift that was answered is missing, no key has two, and every counter is the sum of its lines.
The cluster has fsync, full_page_writes and synchronous_commit on. A killed process does not lose what the
kernel holds: loss of power is not claimed.
"""

import contextlib
import http.client
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.config.bench import Services, own_services
from backend.config.bench_orders.house import House, hold_port
from backend.config.bench_orders.load import KEY
from backend.config.services import postgres, valkey
from backend.config.services.children import Child
from backend.config.services.lines import say

NAME = "crash"
GIVERS = 24
VICTIMS = ("postgres", "web", "valkey")


@dataclass
class Crowd:
    """`answered`: per key the address that its gift was answered with, again after every repeat."""

    port: int
    requests: list[str]
    answered: dict[str, set[str]] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    repeats: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def giver(self, number: int) -> None:
        turn = 0
        while not self.over.is_set():
            turn += 1
            key = f"{number:04d}{turn:020d}"
            address = self._until_answered(self.requests[number], key)
            if address:
                self.answered.setdefault(key, set()).add(address)
            if address and turn % 5 == 0 and (again := self._until_answered(self.requests[number], key)):
                self.answered[key].add(again)

    def _until_answered(self, request: str, key: str) -> str:
        """Send one gift until the door has answered; nothing when all is over."""
        head, _, body = request.partition("\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        while not self.over.is_set():
            try:
                door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
                door.request("POST", "/give/", body.replace(KEY.decode(), key), headers)
                answer = door.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.repeats += 1
                time.sleep(0.05)
                continue
            finally:
                door.close()
            if answer.status == 302:
                return answer.headers["Location"]
            if answer.status < 500:
                self.odd.add(str(answer.status))
            self.repeats += 1
            time.sleep(0.05)
        return ""


def run(rounds: int, seed: int) -> list[str]:
    """`rounds` kills; what is wrong afterwards, in words."""
    chance = random.Random(seed)
    with own_services() as services:
        import django

        django.setup()
        from django.db import connections

        from backend.config.bench_orders.wishes import make_needs, requests

        core = os.sched_getaffinity(0)
        assert services.postgres.process is not None
        ports = hold_port()
        house = House(
            services.where, services.folder, services.postgres.process.pid, ports.numbers[0], (core,) * 3
        )
        say(NAME, house.check_durable())
        needs = make_needs(4)
        crowd = Crowd(house.port, requests(needs, GIVERS))
        with house.web() as web, _giving(crowd):
            for number in range(rounds):
                _wait_for_gifts(crowd, chance.randint(1, 200))
                victim = chance.choice(VICTIMS)
                _kill(victim, services, web, house)
                say(NAME, f"{number + 1}: {victim} killed; {len(crowd.answered)} gifts answered")
            _wait_for_gifts(crowd, GIVERS)
        connections.close_all()  # ours did not outlive the kills either
        return _wrong(crowd, house)


def _wait_for_gifts(crowd: Crowd, more: int, seconds: float = 60) -> None:
    """Until so many more were answered: a kill falls among gifts, not into a start."""
    wanted, end = len(crowd.answered) + more, time.monotonic() + seconds
    while len(crowd.answered) < wanted:
        if time.monotonic() > end:
            raise RuntimeError(
                f"no {more} gifts were answered within {seconds:.0f} s: {crowd.odd or 'no answer'}"
            )
        time.sleep(0.002)


@contextlib.contextmanager
def _giving(crowd: Crowd):  # type: ignore[no-untyped-def]
    threads = [threading.Thread(target=crowd.giver, args=(number,)) for number in range(GIVERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        crowd.over.set()
        for thread in threads:
            thread.join()


def _kill(victim: str, services: Services, web: Child, house: House) -> None:
    """kill -9 with all it started, then the start that a supervisor would make."""
    renewed: dict[str, tuple[Child, Callable[[], Child]]] = {
        "postgres": (services.postgres, lambda: postgres.child(services.where)),
        "valkey": (services.valkey, lambda: valkey.child(services.where)),
    }
    child, renew = renewed.get(victim, (web, lambda: web))
    child.sweep()
    assert child.process is not None
    child.process.wait()
    if victim != "web":
        fresh = renew()
        child.command, child.process = fresh.command, None
    child.start()
    if victim == "postgres":
        postgres.wait_for(services.where, child)


def _wrong(crowd: Crowd, house: House) -> list[str]:
    from backend.donations.models import Checkout, Donation
    from backend.donations.queries import reconcile
    from backend.needs.models import NeedLine

    found: list[str] = []
    kept = set(Checkout.objects.values_list("key", flat=True))
    lost = crowd.answered.keys() - kept
    if lost:
        found.append(f"{len(lost)} answered gifts are lost: {sorted(lost)[:3]}")
    doubled = [key for key, addresses in crowd.answered.items() if len(addresses) > 1]
    if doubled:
        found.append(f"{len(doubled)} keys led to more than one payment: {doubled[:3]}")
    reserved = sum(
        NeedLine.objects.filter(public_id__startswith="nee_0000").values_list("reserved", flat=True)
    )
    if not Donation.objects.filter(checkout__isnull=False).count() == len(kept) == reserved:
        found.append(f"{len(kept)} keys, {reserved} pieces reserved, {Donation.objects.count()} gifts")
    found += [
        f"{drift.counter} of {drift.subject}: {drift.kept}, lines say {drift.summed}" for drift in reconcile()
    ]
    if crowd.odd:
        found.append(f"answers with status {sorted(crowd.odd)}")
    say(NAME, f"{len(crowd.answered)} gifts answered, {len(kept)} kept, {crowd.repeats} sent again")
    return found


def main() -> int:
    rounds, seed = int(os.environ.get("ROUNDS", "50")), int(os.environ.get("SEED", "1"))
    wrong = run(rounds, seed)
    for words in wrong:
        say(NAME, words)
    say(NAME, f"{rounds} kills, seed {seed}: " + ("nothing lost, nothing doubled" if not wrong else "BROKEN"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
