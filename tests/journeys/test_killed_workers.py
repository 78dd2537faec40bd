"""A worker is killed in the middle of a task: nothing is lost, nothing happens twice.

The middle is held still by a lock of ours: the task waits for it, PostgreSQL says so, and then comes kill -9.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import override_settings
from django.utils import timezone

from backend.catalogue.models import Stock
from backend.donations.models import Donation, FundedLine, Refund
from backend.donations.operations import take_back
from backend.donations.payments.port import OrderState
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxNotice, SandboxOrder, SandboxRefund
from backend.donations.queries import reconcile
from backend.journal.models import Entry
from backend.ledger.models import Transfer
from backend.needs.models import NeedLine
from backend.notices.models import Letter
from backend.supplier_orders.models import SupplierOrder, SupplierOrderLine
from backend.timelines.account import account
from tests.backend.donations.stories import give, given, order_of
from tests.journeys.county import County
from tests.live import LiveStack, eventually

QUILTS = 3
WAITING = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)) AND query LIKE %s"


@dataclass(frozen=True)
class Hold:
    """`lock` is taken beforehand; the statement that looks like `stops` (LIKE, from its beginning) waits for it."""

    lock: str
    stops: str


@dataclass
class Case:
    """`begin` makes work for the task; the last of `holds` is where the worker dies.

    Then its `leases` run out, the next worker goes on until `is_done`, and `once` looks at what there is.
    """

    holds: list[Hold]
    begin: Callable[[], object]
    is_done: Callable[[], object]
    once: Callable[[], None]
    leases: QuerySet[Any] | None = None
    web_waits: bool = False  # the task waits for an answer of the web, which is not killed


class Lock:
    """A lock of ours, in a session of its own."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        self.session = psycopg.connect(**connection.get_connection_params())
        self.session.execute(hold.lock)
        self.waiting: list[int] = []

    def wait(self) -> None:
        """Until somebody waits for it with the statement that we mean."""
        self.waiting = eventually(
            lambda: self._ask(WAITING, self.session.info.backend_pid, f"{self.hold.stops}%"), seconds=60
        )

    def end_the_dead(self) -> None:
        """The server learns that its client is gone before it can carry out what had been asked."""
        for pid in self.waiting:
            self._ask("SELECT pg_terminate_backend(%s, 5000)::int", pid)

    @staticmethod
    def _ask(statement: str, *values: Any) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [row[0] for row in cursor.fetchall()]


@contextmanager
def held(case: Case) -> Iterator[Lock]:
    """The task stands at the last hold of `case`: each is taken before the one that it follows is let go."""
    lock = Lock(case.holds[0])
    try:
        case.begin()
        lock.wait()
        for hold in case.holds[1:]:
            before, lock = lock, Lock(hold)
            before.session.close()
            lock.wait()
        yield lock
    finally:
        lock.session.close()


@contextmanager
def killed_worker(stack: LiveStack) -> Iterator[None]:
    """No worker lives inside the block; a new one is ready after it."""
    stack.kill("worker")
    try:
        yield
    finally:
        stack.restart("worker")


def row(model: Any, pk: int) -> str:
    return f'SELECT FROM "{model._meta.db_table}" WHERE id = {pk} FOR UPDATE'


# sourcing
def an_order(county: County, stack: LiveStack) -> Case:
    """Units are claimed and the order is written; the stock for it is not held yet."""
    stock = Stock.objects.get(item=county.item)
    lines = SupplierOrderLine.objects.filter(item__order__supplier=county.supplier)

    def once() -> None:
        assert SupplierOrder.objects.filter(supplier=county.supplier).count() == 1
        assert list(lines.values_list("quantity", flat=True)) == [QUILTS]
        units = FundedLine.objects.get(need_line=county.need)
        assert (units.sourced, Stock.objects.get(pk=stock.pk).reserved) == (QUILTS, QUILTS)

    return Case(
        [Hold(row(Stock, stock.pk), "%catalogue_stock")],
        begin=lambda: given(county.need, QUILTS, at=timezone.now()),
        is_done=lines.exists,
        once=once,
    )


# letters
def a_letter(county: County, stack: LiveStack, holds: list[Hold], *, copies: int = 1) -> Case:
    """Aming's first letter, which leaves `copies` times under one name."""

    def letters() -> QuerySet[Letter]:
        gift = Donation.objects.get(charity=county.charity)
        return Letter.objects.filter(kind="paid", to=f"gift:{gift.public_id}")

    def once() -> None:
        name = f"Message-ID: <letter.{letters().get().pk}.paid@"
        assert sum(text.count(name) for text in stack.letters()) == copies

    return Case(
        holds,
        begin=lambda: given(county.need, QUILTS, at=timezone.now()),
        is_done=lambda: letters().filter(state="sent").exists(),
        once=once,
    )


READER_MOVED = Hold("LOCK TABLE notices_letter IN SHARE ROW EXCLUSIVE MODE", 'INSERT INTO "notices_letter"')
COMPOSING = Hold("LOCK TABLE donations_refundline IN ACCESS EXCLUSIVE MODE", "SELECT %donations_refundline")
LEFT = Hold("SELECT FROM notices_letter WHERE state = 'due' FOR UPDATE", 'UPDATE "notices_letter"')

DUE_LETTERS = Letter.objects.filter(state="due")


def a_letter_not_written(county: County, stack: LiveStack) -> Case:
    """The journal's reader has moved on; the letters for what it read are not written."""
    # senders of earlier letters would wait for the same lock, in every process of the worker
    eventually(lambda: not DUE_LETTERS.filter(due_at__lte=timezone.now()).exists(), seconds=60)
    return a_letter(county, stack, [READER_MOVED])


def a_letter_not_sent(county: County, stack: LiveStack) -> Case:
    """The letter is claimed and not composed."""
    return replace(a_letter(county, stack, [COMPOSING]), leases=DUE_LETTERS)


def a_letter_sent(county: County, stack: LiveStack) -> Case:
    """The letter has left, and nobody has written that down: it goes again, under the same name."""
    return replace(a_letter(county, stack, [COMPOSING, LEFT], copies=2), leases=DUE_LETTERS)


# refunds
def a_refund(county: County, *more: Callable[[Donation], Hold]) -> Case:
    with override_settings(UNDO_MINUTES=30):
        gift = given(county.need, QUILTS, at=timezone.now())
    order = SandboxOrder.objects.get(merchant_ref=gift.public_id)
    refunds = Refund.objects.filter(payment__donation=gift)

    def once() -> None:
        assert refunds.count() == SandboxRefund.objects.filter(order=order).count() == 1
        assert SandboxOrder.objects.get(pk=order.pk).refunded == gift.amount
        booked = Transfer.objects.filter(kind="gift_refunded", entry__subject=f"gift:{gift.public_id}")
        assert list(booked.values_list("amount", flat=True)) == [gift.amount]
        gift.refresh_from_db()
        assert gift.status == "refunded"

    return Case(
        [Hold(row(SandboxOrder, order.pk), "SELECT %sandboxorder"), *(hold(gift) for hold in more)],
        begin=lambda: take_back(donation=gift.public_id, actor="visitor:aming", at=timezone.now()),
        is_done=lambda: refunds.filter(status="paid").exists(),
        once=once,
        leases=refunds,
    )


def a_refund_not_sent(county: County, stack: LiveStack) -> Case:
    """The refund is claimed; the gateway is about to be asked."""
    return a_refund(county)


def a_refund_sent(county: County, stack: LiveStack) -> Case:
    """The gateway has sent the money back; our books do not say so."""
    return a_refund(county, lambda gift: Hold(row(Donation, gift.pk), "SELECT %donations_donation"))


# payments
def a_notice(county: County, stack: LiveStack) -> Case:
    """The gateway's notice is on the wire and its sender dies before the answer comes."""
    gift = give(county.need, QUILTS, at=timezone.now())
    wish = replace(order_of(gift), notice_url=f"{stack.url}/payments/sandbox/notice/")
    notices = SandboxNotice.objects.filter(order__merchant_ref=gift.public_id)

    def begin() -> None:
        assert remote.pay(wish, at=timezone.now()) is OrderState.PAID

    def once() -> None:
        assert notices.count() == 1
        gift.refresh_from_db()
        assert gift.status == "paid"
        booked = Transfer.objects.filter(kind="gift_paid", entry__subject__contains=gift.public_id)
        assert list(booked.values_list("amount", flat=True)) == [gift.amount]

    return Case(
        [Hold(row(Donation, gift.pk), "%donations_donation")],
        begin,
        is_done=lambda: notices.filter(delivered_at__isnull=False).exists(),
        once=once,
        leases=notices,
        web_waits=True,
    )


def an_expiry(county: County, stack: LiveStack) -> Case:
    """The gateway's order is closed and the gift expired; its quilts are not free yet."""
    gift = give(county.need, QUILTS, at=timezone.now())
    rows = Donation.objects.filter(pk=gift.pk)

    def once() -> None:
        assert NeedLine.objects.get(pk=county.need.pk).reserved == 0
        assert FundedLine.objects.get(need_line=county.need).state == "void"
        assert SandboxOrder.objects.get(merchant_ref=gift.public_id).state == "closed"
        assert Entry.objects.filter(kind="gift.expired", subject=f"gift:{gift.public_id}").count() == 1

    return Case(
        [Hold(row(NeedLine, county.need.pk), "%needs_needline")],
        begin=lambda: rows.update(expires_at=timezone.now()),
        is_done=lambda: rows.filter(status="expired").exists(),
        once=once,
    )


CASES = [
    an_order,
    a_letter_not_written,
    a_letter_not_sent,
    a_letter_sent,
    a_refund_not_sent,
    a_refund_sent,
    a_notice,
    an_expiry,
]


@pytest.mark.parametrize("story", CASES, ids=lambda story: story.__name__)
def test_what_a_killed_worker_began_is_done_once(
    live_stack: LiveStack, story: Callable[[County, LiveStack], Case]
) -> None:
    case = story(County(), live_stack)
    with held(case) as lock, killed_worker(live_stack):
        assert not case.is_done()
        if not case.web_waits:
            lock.end_the_dead()
        lock.session.close()
        if case.leases is not None:
            assert case.leases.exclude(claimed_by="").update(claimed_until=timezone.now())
        # a letter that another process of the dead worker had claimed: a later case waits until none is due
        DUE_LETTERS.exclude(claimed_by="").update(claimed_until=timezone.now())
    eventually(case.is_done, seconds=60)
    case.once()
    assert reconcile() == []
    assert [check for check in account().checks if not check.holds] == []
