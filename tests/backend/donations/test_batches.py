"""Two hundred callbacks, expiries and refunds at once: as many statements as for a few, and each counts once."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.donations.models import Donation, Payment
from backend.donations.operations import expire_due, pay_refunds, take_back
from backend.donations.operations.paying import Receipt, _Arrival, _settle_together
from backend.donations.operations.together import Together, _Caller
from backend.donations.payments.port import Notice, OrderState, Standing
from backend.donations.payments.sandbox import remote
from backend.donations.queries import reconcile
from backend.ledger.queries import trial_balance
from tests.backend.donations.stories import give, given
from tests.cast import MONDAY, later
from tests.factories import Village
from tests.live import eventually

pytestmark = pytest.mark.django_db


def arrival(gift: Donation, notice: str) -> _Arrival:
    payment = Payment.objects.select_related("account").get(donation=gift)
    standing = Standing(OrderState.PAID, f"ref-{gift.public_id}", payment.amount, payment.currency)
    said = Notice(notice, payment.account.merchant_no, payment.merchant_ref, standing, MONDAY)
    return _Arrival("sandbox", said, standing, MONDAY)


def statements(act: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def test_a_batch_of_callbacks_settles_each_payment_once() -> None:
    village = Village(wanted=100)
    gifts = [give(village.need) for _ in range(6)]
    arrivals = [arrival(gift, f"n{n}") for n, gift in enumerate(gifts)]
    again = [arrival(gifts[0], "n0"), arrival(gifts[1], "another")]
    said = _settle_together([*arrivals, *again])
    assert said.count(Receipt.SETTLED) == 6 and said.count(Receipt.REPLAYED) == 2
    assert _settle_together(arrivals) == [Receipt.REPLAYED] * 6
    assert trial_balance().of("gateway") == sum(gift.amount for gift in gifts)
    assert reconcile() == []


def test_thirty_callbacks_cost_as_many_statements_as_three() -> None:
    village = Village(wanted=100)
    few = [arrival(give(village.need), f"a{n}") for n in range(3)]
    many = [arrival(give(village.need), f"b{n}") for n in range(30)]
    _settle_together([arrival(give(village.need), "first")])  # the charity's accounts are there
    assert statements(lambda: _settle_together(few)) == statements(lambda: _settle_together(many))


def test_thirty_refunds_are_booked_in_as_many_statements_as_three(settings: Any) -> None:
    settings.UNDO_MINUTES = 30
    village = Village(wanted=100)

    def undone(count: int) -> None:
        for gift in [given(village.need) for _ in range(count)]:
            take_back(donation=gift.public_id, actor="visitor:aming", at=later(minutes=1))

    undone(3)
    few = statements(lambda: pay_refunds(at=later(hours=1), by="w"))
    undone(30)
    many = statements(lambda: pay_refunds(at=later(hours=2), by="w"))
    assert trial_balance().of("gateway") == 0 and reconcile() == []
    assert many - few == 27 * calls_of_the_practice_gateway()


def calls_of_the_practice_gateway() -> int:
    """Its own statements for one refund: its books are in the same database."""
    gift = given(Village(wanted=2).need)
    order = Payment.objects.select_related("account").get(donation=gift)
    return statements(
        lambda: remote.refund(
            merchant_no=order.account.merchant_no,
            merchant_ref=order.merchant_ref,
            key="k",
            amount=1,
            at=MONDAY,
        )
    )


def test_expiry_is_one_batch_and_idempotent() -> None:
    village = Village(wanted=100)
    for _ in range(5):
        give(village.need, 2)
    assert expire_due(at=later(hours=1)) == 5 and expire_due(at=later(hours=1)) == 0
    village.need.refresh_from_db()
    assert village.need.reserved == 0 and reconcile() == []


def test_one_bad_item_does_not_refuse_its_neighbours() -> None:
    def work(items: Any) -> list[str]:
        if 3 in items:
            raise ValueError("three")
        return [f"{item} done" for item in items]

    together: Together[int, str] = Together(work)
    callers: list[_Caller[int, str]] = [_Caller(n) for n in (1, 3, 5)]
    together._answer(callers)
    assert callers[0].answer.result() == "1 done" and callers[2].answer.result() == "5 done"
    with pytest.raises(ValueError, match="three"):
        together.do(3)
    assert together.do(4) == "4 done"


def test_while_one_batch_is_at_work_the_next_gathers_and_who_is_answered_goes_home() -> None:
    batches: list[list[int]] = []
    gates = {1: Event(), 2: Event()}
    home: list[Future[int]] = []

    def work(items: Any) -> list[int]:
        batches.append(list(items))
        if gate := gates.get(len(batches)):
            assert gate.wait(20)
        if len(batches) == 3:  # those of the second batch do not queue behind this one
            assert not wait(home, timeout=20).not_done
        return list(items)

    together: Together[int, int] = Together(work)
    with ThreadPoolExecutor(12) as crowd:
        first = crowd.submit(together.do, 0)
        eventually(lambda: batches)
        home += [crowd.submit(together.do, n) for n in range(1, 9)]
        eventually(lambda: len(together._waiting) == 8)
        gates[1].set()
        eventually(lambda: len(batches) == 2)
        last = [crowd.submit(together.do, n) for n in (9, 10)]
        eventually(lambda: len(together._waiting) == 2)
        gates[2].set()
        said = [each.result() for each in [first, *home, *last]]
    assert said == list(range(11)) and [len(batch) for batch in batches] == [1, 8, 2]
