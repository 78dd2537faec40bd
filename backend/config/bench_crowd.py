"""`make bench-crowd`: a large gift beside small ones, callbacks, expiry, refunds and kept pages, measured.

On services of its own with the settings of a deployment (every commit reaches the disk). What is printed is what
was measured; docs/benchmarks.md says on which machine.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from backend.config.bench import BASE_DIR, own_services
from backend.config.services.lines import say

LARGE, GIVERS, GIFTS, WANTED = 35_000, 4, 2_000, 10_000_000
EVERY = 0.02  # seconds between two gifts of one small giver: a steady stream, not a race


def seed(lines: int) -> str:
    """Needs to gather (of the kind «other»), and one more that small givers give to; its public id."""
    from backend.catalogue.models import Item
    from backend.needs.models import Appeal, NeedLine

    model = Appeal.objects.filter(state="live").order_by("pk")[0]
    items = Item.objects.bulk_create(
        Item(
            code=f"BENCH-{n}",
            names={"zh-Hans": f"东西{n}"},
            units={"zh-Hans": "件"},
            grams=1,
            cm3=1,
            category="other",
        )
        for n in range(250)
    )
    need: dict[str, Any] = {
        "charity_id": model.charity_id, "recipient_id": model.recipient_id, "unit_price": 100, "ceiling_price": 100,
    }  # fmt: skip
    made: list[NeedLine] = []
    for n in range(-(-lines // len(items)) + 1):
        appeal = Appeal.objects.get(pk=model.pk)
        appeal.pk, appeal.public_id, appeal.number, appeal._state.adding = None, "", f"BENCH-{n}", True
        appeal.save()
        if n == 0:
            hot = NeedLine.objects.create(
                appeal=appeal, item=model.lines.all()[0].item, wanted=WANTED, **need
            )
            continue
        made += [NeedLine(appeal=appeal, item=item, wanted=3, **need) for item in items]
    for row in made[:lines]:
        row.public_id = NeedLine._meta.get_field("public_id").pre_save(row, True)
    NeedLine.objects.bulk_create(made[:lines], batch_size=2_000)
    return hot.public_id


@contextmanager
def small_givers(need: str, took: list[float]) -> Iterator[None]:
    """A steady stream of gifts to one need by GIVERS threads; `took` collects seconds of each."""
    from django.db import connections

    from backend.donations.operations import DonorDetail, GiftLine, place

    over = threading.Event()

    def give(name: str) -> None:
        number = 0
        while not over.is_set():
            began = time.perf_counter()
            place(
                client=name, key=f"{name}-{began}-{number}", lines=[GiftLine(need, 1, 100)], donor=DonorDetail(),
                actor=name, at=datetime.now(UTC),
            )  # fmt: skip
            took.append(time.perf_counter() - began)
            number += 1
            over.wait(EVERY)
        connections.close_all()

    threads = [threading.Thread(target=give, args=(f"visitor:bench{n}",)) for n in range(GIVERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def told(seconds: Sequence[float]) -> str:
    ms = sorted(second * 1000 for second in seconds)
    return f"{len(ms)} gifts, p50 {statistics.median(ms):.1f} ms, p99 {ms[int(len(ms) * 0.99)]:.1f} ms, max {ms[-1]:.1f} ms"


def large(need: str) -> None:
    """One gift for LARGE needs, put together by a worker process while others give."""
    from backend.donations.models import Donation, Gathering
    from backend.donations.operations import Choice, DonorDetail, expire_due, start_gathering
    from backend.needs.queries import Scope

    alone: list[float] = []
    with small_givers(need, alone):
        time.sleep(5)
    say("bench", f"small gifts alone: {told(alone)}")
    beside: list[float] = []
    worker = worker_process()
    with small_givers(need, beside):
        began = time.perf_counter()
        work = start_gathering(
            client="visitor:large", key="large", scope=Scope(category="other"), exact=True, donor=DonorDetail(),
            promise=Choice.REFUND, actor="visitor:large", at=datetime.now(UTC),
        )  # fmt: skip
        begun = time.perf_counter() - began
        wait_for(worker, lambda: Gathering.objects.get(pk=work.pk).status == "gathered")
        whole = time.perf_counter() - began
    work.refresh_from_db()
    say("bench", f"one gift for {work.gathered_lines} needs: begun in {begun:.2f} s, whole in {whole:.2f} s")
    say("bench", f"small gifts beside it: {told(beside)}")
    gift = Donation.objects.get(checkout=work.checkout)
    beside = []
    with small_givers(need, beside):
        began = time.perf_counter()
        Donation.objects.filter(pk=gift.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
        expire_due(at=datetime.now(UTC), limit=1)
        wait_for(worker, lambda: Gathering.objects.get(pk=work.pk).status == "dropped")
        back = time.perf_counter() - began
    say("bench", f"not paid: all given back in {back:.2f} s; small gifts beside it: {told(beside)}")
    large_late(need, worker, gift)
    large_back(need, worker)
    worker.kill()


def large_late(need: str, worker: "subprocess.Popen[bytes]", gift: Any) -> None:
    """Its money comes after all: it goes back while others give."""
    from backend.donations.operations import sync
    from backend.donations.payments.sandbox.models import SandboxOrder

    SandboxOrder.objects.filter(merchant_ref=gift.public_id).update(
        state="paid", amount=gift.amount, currency=gift.currency, notice_url="http://testserver/"
    )
    back = sent_back(need, worker, lambda: sync(donation=gift.public_id, at=datetime.now(UTC)))
    say("bench", f"paid late: {back}")


def sent_back(need: str, worker: "subprocess.Popen[bytes]", begin: Callable[[], object]) -> str:
    """What `begin` sends back in chunks, until its refund is whole, while others give."""
    from backend.donations.models import Refund
    from backend.donations.operations.returning import WHEN_WHOLE

    beside: list[float] = []
    with small_givers(need, beside):
        began = time.perf_counter()
        begin()
        said = time.perf_counter() - began
        wait_for(worker, lambda: not Refund.objects.filter(due_at=WHEN_WHOLE).exists())
        whole = time.perf_counter() - began
    return f"answered in {said:.2f} s, refund whole in {whole:.2f} s; small gifts: {told(beside)}"


def large_back(need: str, worker: "subprocess.Popen[bytes]") -> None:
    """The same gift once more, paid, and taken back by its donor while others give."""
    from backend.donations.models import Donation
    from backend.donations.operations import (
        Choice,
        DonorDetail,
        receive_notice,
        start_gathering,
        take_back,
    )
    from backend.needs.queries import Scope

    work = start_gathering(
        client="visitor:large", key="again", scope=Scope(category="other"), exact=True, donor=DonorDetail(),
        promise=Choice.REFUND, actor="visitor:large", at=datetime.now(UTC),
    )  # fmt: skip
    gifts = Donation.objects.filter(checkout=work.checkout)
    wait_for(worker, lambda: gifts.filter(status="placed").exists())
    gift = gifts.get()
    beside: list[float] = []
    with small_givers(need, beside):
        began = time.perf_counter()
        letter = letters(list(gift.payments.select_related("account")))[0]
        receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=datetime.now(UTC))
        paid = time.perf_counter() - began
    say("bench", f"paid: settled in {paid:.2f} s; small gifts beside it: {told(beside)}")
    back = sent_back(
        need,
        worker,
        lambda: take_back(donation=gift.public_id, actor="visitor:large", at=datetime.now(UTC)),
    )
    say("bench", f"taken back: {back}")


def worker_process() -> "subprocess.Popen[bytes]":
    code = (
        "import django, time; django.setup()\n"
        "from datetime import datetime, UTC\n"
        "from backend.donations.operations import gather_due, give_back_due\n"
        "while True:\n"
        "    at = datetime.now(UTC)\n"
        "    gather_due(at=at, by='bench') or give_back_due(at=at, by='bench') or time.sleep(0.2)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=BASE_DIR)


def wait_for(worker: "subprocess.Popen[bytes]", done: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not done():
        if worker.poll() is not None or time.monotonic() > end:
            raise SystemExit("bench: the large gift was not finished")
        time.sleep(0.05)


def money(need: str) -> None:
    """Callbacks one by one and together, expiry, refunds."""
    from backend.donations.operations import expire_due, pay_refunds, receive_notice, take_back

    def notices(count: int) -> list[Any]:
        return letters(placed(need, count))

    def receive(letter: Any) -> None:
        receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=datetime.now(UTC))

    rate(
        "callbacks, one after another",
        GIFTS // 4,
        notices(GIFTS // 4),
        lambda letters: list(map(receive, letters)),
    )
    with ThreadPoolExecutor(32) as crowd:
        rate(
            "callbacks, 32 at a time",
            GIFTS,
            notices(GIFTS),
            lambda letters: list(crowd.map(receive, letters)),
        )
    placed(need, GIFTS)
    late = datetime.now(UTC) + timedelta(hours=1)
    rate("expiries, gateway asked for each", GIFTS, None, lambda _: drain(lambda: expire_due(at=late)))
    from backend.donations.models import Donation

    paid = Donation.objects.filter(status="paid").order_by("-pk")[:GIFTS]
    undone = [gift.public_id for gift in paid]
    rate(
        "gifts taken back", len(undone), undone,
        lambda ids: [take_back(donation=i, actor="bench", at=datetime.now(UTC)) for i in ids],
    )  # fmt: skip
    rate(
        "refunds, gateway called for each",
        GIFTS,
        None,
        lambda _: drain(lambda: pay_refunds(at=late, by="bench")),
    )


def letters(payments: Sequence[Any]) -> list[Any]:
    """Each is paid at the practice gateway; its notices, signed."""
    from backend.donations.payments.sandbox import remote

    made = []
    for payment in payments:
        order = remote.Wish(
            payment.account.merchant_no, payment.merchant_ref, payment.amount, payment.currency, "", "", "",
            None,
        )  # fmt: skip
        remote.pay(order, at=datetime.now(UTC))
        (name,) = remote.due_notices(merchant_ref=payment.merchant_ref)
        made.append(remote.envelope(notice_id=name, signed_at=datetime.now(UTC)))
    return made


def drain(act: Callable[[], int]) -> int:
    total = 0
    while done := act():
        total += done
    return total


def rate(what: str, count: int, argument: Any, act: Callable[[Any], Any]) -> None:
    began = time.perf_counter()
    act(argument)
    took = time.perf_counter() - began
    say("bench", f"{what}: {count / took:.0f} a second ({count} in {took:.2f} s)")


def placed(need: str, count: int) -> list[Any]:
    """So many gifts that wait for their payment."""
    from django.db import connection

    from backend.donations.models import Payment
    from backend.donations.operations import DonorDetail, GiftLine
    from backend.donations.rules import Gift
    from backend.donations.writer import place_many

    now, mark = datetime.now(UTC), time.time_ns()
    last = Payment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    gifts = [
        Gift("visitor:bench", f"{mark}-{n}", (GiftLine(need, 1, 100),), DonorDetail(), "visitor:bench", now)
        for n in range(count)
    ]
    for start in range(0, count, 200):
        place_many(connection, gifts[start : start + 200])
    return list(Payment.objects.filter(pk__gt=last).select_related("account").order_by("pk"))


def pages() -> None:
    """Kept pages through the whole of wsgi.py, in this process."""
    from backend.config.wsgi import application
    from backend.interfaces.crowd.inner import nobody
    from backend.interfaces.crowd.paths import PageKey
    from backend.needs.queries import open_appeals

    appeal = open_appeals(at=datetime.now(UTC), limit=1)[0].public_id
    for path in ("/", f"/appeals/{appeal}/", f"/appeals/{appeal}/counters.json"):
        asked = {**nobody(PageKey(path, "", "zh-hans", "")), "HTTP_ACCEPT_ENCODING": "gzip"}
        size, many = look(application, asked), 5_000
        cpu = time.process_time()
        rate(f"kept {path[:9]}… ({size:,} bytes packed)", many, asked, partial(look_often, application, many))
        say("bench", f"  {(time.process_time() - cpu) / many * 1e6:.0f} us of CPU each, renewals included")


def look(application: Any, asked: dict[str, Any]) -> int:
    return len(b"".join(application(dict(asked), lambda *said: None)))


def look_often(application: Any, times: int, asked: dict[str, Any]) -> None:
    for _ in range(times):
        look(application, asked)


def analyse() -> None:
    """Let the planner know what was loaded."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main() -> int:
    load = os.getloadavg()[0]
    say(
        "bench",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, cores {len(os.sched_getaffinity(0))}, load {load:.1f}",
    )
    with own_services():
        os.environ["ZS_UNDO_MINUTES"] = "30"
        import django

        django.setup()
        need = seed(LARGE)
        from django.db import connection

        analyse()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')"
            )
            say("bench", ", ".join(f"{name} {setting}" for name, setting in cursor.fetchall()))
        large(need)
        analyse()  # as autovacuum does within a minute
        money(need)
        pages()
        from backend.donations.queries import reconcile

        say("bench", f"counters that have drifted: {len(reconcile())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
