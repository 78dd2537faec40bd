"""Fifty real connections at one moment: on one last item, one callback, one unit of goods, one key."""

import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from backend.donations.models import Checkout, Donation, FundedLine, Gathering, PaymentNotice, Refund
from backend.donations.operations import (
    Choice,
    PlacedGift,
    Receipt,
    ReviewReason,
    claim_goods,
    expire_due,
    gather_due,
    gathering,
    give_back_due,
    giving_up,
    hold,
    pay_refunds,
    place,
    receive_notice,
    start_gathering,
    sync,
    take_back,
)
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxOrder, SandboxRefund
from backend.donations.queries import reconcile
from backend.donations.rules import AppealClosed, GiftStatus
from backend.donations.writer import Placed, place_many
from backend.kernel.errors import Refused
from backend.ledger.models import Transfer
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from backend.needs.operations import close_appeal
from backend.needs.queries import Scope
from tests.backend.donations.stories import (
    AMING,
    give,
    given,
    line,
    notice_of,
    order_of,
    pay_at_gateway,
    wish,
)
from tests.cast import MONDAY, later
from tests.factories import Village, item, need

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 50


def together(act: Callable[[int], Any], crowd: int = CROWD) -> list[Any]:
    """Run `act(0)` ... `act(crowd - 1)`, each on its own thread and connection, all let go at once."""
    gate, answers = threading.Barrier(crowd), [None] * crowd

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            answers[number] = act(number)
        except Exception as error:
            answers[number] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def unexpected(answers: list[Any]) -> list[Any]:
    return [a for a in answers if isinstance(a, Exception) and not isinstance(a, Refused)]


def test_fifty_writers_and_one_last_item() -> None:
    """Fifty processes' worth of writers, each with its own connection."""
    village = Village(wanted=1)
    answers = together(lambda n: place_many(connection, [wish(line(village.need), key=f"k{n}")])[0])
    assert unexpected(answers) == []
    assert Counter(type(a).__name__ for a in answers) == {"Placed": 1, "NotEnoughLeft": CROWD - 1}
    assert NeedLine.objects.get().reserved == 1 and Donation.objects.count() == 1
    assert reconcile() == []


def test_fifty_donors_through_one_writer_and_one_last_item() -> None:
    village = Village(wanted=1)

    def act(n: int) -> PlacedGift:
        return place(
            client=f"v{n}", key="k", lines=[line(village.need)], donor=AMING, actor=f"visitor:{n}", at=MONDAY
        )

    answers = together(act)
    assert unexpected(answers) == []
    assert sum(isinstance(a, PlacedGift) for a in answers) == 1
    assert NeedLine.objects.get().reserved == 1


def test_exactly_the_stock_is_given_away_in_many_rounds() -> None:
    """Writers with batches of their own, stock 1 to 9: never more, never less. ZS_ROUNDS=200 runs it whole."""
    village = Village(wanted=1)
    for turn in range(int(os.environ.get("ZS_ROUNDS", "20"))):
        stock = 1 + turn % 9
        row = need(village.appeal, item(), wanted=stock)

        def act(n: int, row: NeedLine = row) -> list[Any]:
            return list(place_many(connection, [wish(line(row)) for _ in range(3)]))

        answers = together(act, crowd=4)
        assert unexpected(answers) == []
        placed = sum(isinstance(a, Placed) for batch in answers for a in batch)
        assert placed == stock == NeedLine.objects.get(pk=row.pk).reserved, turn
    assert reconcile() == []


def test_baskets_in_opposite_orders_do_not_block_each_other() -> None:
    village = Village(wanted=1_000)
    lamps = need(village.appeal, item("台灯", "盏"), wanted=1_000, price=3_000)

    def act(n: int) -> list[Any]:
        pair = [line(village.need), line(lamps)]
        return [place_many(connection, [wish(*(pair if n % 2 else reversed(pair)))])[0] for _ in range(10)]

    answers = together(act, crowd=16)
    assert unexpected(answers) == []
    assert all(isinstance(a, Placed) for batch in answers for a in batch)
    assert set(NeedLine.objects.values_list("reserved", flat=True)) == {160}


def test_what_suppliers_are_just_taking_is_not_held(settings: Any) -> None:
    """The order is written but not committed when somebody wants to look at the gift: too late to hold it."""
    settings.UNDO_MINUTES = 0
    gift = given(Village(wanted=10).need, 2)
    units = FundedLine.objects.get(fundings__line__donation=gift)
    answers: list[bool] = []

    def look() -> None:
        answers.append(
            hold(donation=gift.public_id, reason=ReviewReason.PACE, seen={}, actor="system:shop", at=MONDAY)
        )
        connections.close_all()

    with transaction.atomic():
        assert claim_goods(quantities={units.pk: 2}, at=later(hours=1)) == {units.pk: 2}
        looker = threading.Thread(target=look)
        looker.start()
        looker.join(timeout=0.5)
        assert looker.is_alive()
    looker.join()
    assert answers == [False]


def test_a_gift_that_waits_for_an_appeal_to_close_is_refused() -> None:
    """It looked before the closing was committed; what counts is what stands once it holds the needs."""
    village = Village(wanted=10)
    answers: list[Any] = []

    def give() -> None:
        answers.extend(place_many(connection, [wish(line(village.need))]))
        connections.close_all()

    with transaction.atomic():
        close_appeal(appeal=village.appeal.public_id, reason="done", actor="user:cen", at=MONDAY)
        donor = threading.Thread(target=give)
        donor.start()
        donor.join(timeout=0.5)
        assert donor.is_alive() and answers == []
    donor.join()
    assert isinstance(answers[0], AppealClosed)
    assert NeedLine.objects.get().reserved == 0


def test_one_key_pressed_fifty_times_is_one_gift() -> None:
    village = Village(wanted=100)
    asked = wish(line(village.need, 2), key="impatient")
    answers = together(lambda n: place_many(connection, [asked])[0])
    assert unexpected(answers) == []
    assert len({a.donations for a in answers}) == 1 and sum(not a.replayed for a in answers) == 1
    assert NeedLine.objects.get().reserved == 2


def test_one_key_for_different_needs_at_one_moment_is_one_gift() -> None:
    """Their needs differ, so no lock stands between them: the key itself decides."""
    village = Village(wanted=100)
    rows = [need(village.appeal, item(), wanted=100) for _ in range(10)]
    answers = together(lambda n: place_many(connection, [wish(line(rows[n]), key="one")])[0], crowd=10)
    assert unexpected(answers) == []
    assert Counter(type(a).__name__ for a in answers) == {"Placed": 1, "KeyReused": 9}
    assert Checkout.objects.count() == 1 and sum(NeedLine.objects.values_list("reserved", flat=True)) == 1


def test_one_callback_fifty_times_at_once() -> None:
    village = Village(wanted=10)
    gift = give(village.need, 2)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    answers = together(lambda n: receive_notice(**notice, at=MONDAY))
    assert Counter(answers) == {Receipt.SETTLED: 1, Receipt.REPLAYED: CROWD - 1}
    assert Transfer.objects.count() == 1 and PaymentNotice.objects.count() == 1
    assert trial_balance().of("gateway") == gift.amount


def test_callbacks_and_the_returning_donor_at_once() -> None:
    village = Village(wanted=10)
    gift = give(village.need, 2)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    answers = together(
        lambda n: receive_notice(**notice, at=MONDAY) if n % 2 else sync(donation=gift.public_id, at=MONDAY),
        crowd=20,
    )
    assert unexpected(answers) == [] and Transfer.objects.count() == 1
    assert {a for a in answers if isinstance(a, GiftStatus)} == {GiftStatus.PAID}


def test_expiry_and_payment_at_one_moment_end_in_one_of_two_ways() -> None:
    """Paid and kept, or closed and free: never paid and lost, never free and kept."""
    village = Village(wanted=40)
    gifts = [give(village.need) for _ in range(20)]
    at = later(minutes=30)

    def act(n: int) -> Any:
        return expire_due(at=at, limit=5) if n % 3 == 0 else remote.pay(order_of(gifts[n % 20]), at=at)

    answers = together(act, crowd=30)
    assert unexpected(answers) == []
    while expire_due(at=at):
        pass
    for gift in gifts:
        gift.refresh_from_db()
        state = SandboxOrder.objects.get(merchant_ref=gift.public_id).state
        assert (gift.status, state) in {("paid", "paid"), ("expired", "closed")}
    kept = sum(gift.status == "paid" for gift in gifts)
    assert NeedLine.objects.get().reserved == kept == Transfer.objects.count()
    assert reconcile() == []


def test_fifty_suppliers_want_the_same_goods() -> None:
    village = Village(wanted=30)
    gift = given(village.need, 30)
    units = FundedLine.objects.get(fundings__line__donation=gift)

    def act(n: int) -> dict[int, int]:
        with transaction.atomic():
            return claim_goods(quantities={units.pk: 4}, at=later(hours=1))

    answers = together(act)
    assert unexpected(answers) == []
    assert sum(won.get(units.pk, 0) for won in answers) == 30
    units.refresh_from_db()
    assert units.sourced == 30


def test_taking_back_and_sourcing_at_one_moment(settings: Any) -> None:
    settings.UNDO_MINUTES = 30
    village = Village(wanted=100)
    gifts = [given(village.need, 2) for _ in range(10)]
    units = {g.pk: FundedLine.objects.get(fundings__line__donation=g).pk for g in gifts}
    at = later(minutes=29)

    def act(n: int) -> Any:
        gift = gifts[n // 2]
        if n % 2:
            return take_back(donation=gift.public_id, actor="visitor:aming", at=at)
        with transaction.atomic():
            return claim_goods(quantities={units[gift.pk]: 2}, at=later(minutes=30))

    answers = together(act, crowd=20)
    assert unexpected(answers) == []
    for row in FundedLine.objects.all():
        assert row.sourced + row.released == 2
    assert reconcile() == []


def test_workers_that_pay_the_same_refunds(settings: Any) -> None:
    settings.UNDO_MINUTES = 30
    village = Village(wanted=100)
    for gift in [given(village.need) for _ in range(12)]:
        take_back(donation=gift.public_id, actor="visitor:aming", at=later(minutes=1))
    answers = together(lambda n: pay_refunds(at=later(hours=1), by=f"worker-{n}", limit=5), crowd=10)
    assert unexpected(answers) == [] and sum(answers) == 12
    assert SandboxRefund.objects.count() == 12
    assert trial_balance().of("gateway") == 0 and reconcile() == []


def test_a_large_gift_paid_late_while_its_needs_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk is written but not committed when the money comes: it waits, and frees nothing twice."""
    monkeypatch.setattr(giving_up, "AT_ONCE", 3)
    monkeypatch.setattr(giving_up, "CHUNK", 3)
    monkeypatch.setattr(gathering, "GIVE_BACK", 2)
    village = Village(wanted=5)
    for n in range(7):
        need(village.appeal, item(f"东西{n}"), wanted=5)
    start_gathering(
        client="visitor:f", key="all", scope=Scope(), exact=True, donor=AMING, promise=Choice.REFUND,
        actor="visitor:f", at=MONDAY,
    )  # fmt: skip
    gather_due(at=MONDAY, by="w")
    expire_due(at=later(hours=1))
    gift = Donation.objects.get()
    SandboxOrder.objects.update(
        state="paid", amount=gift.amount, currency="CNY", notice_url="http://testserver/"
    )
    answers: list[Any] = []

    def hear() -> None:
        answers.append(sync(donation=gift.public_id, at=later(hours=1)))
        connections.close_all()

    Gathering.objects.update(claimed_by="w", claimed_until=later(hours=2))
    with transaction.atomic():
        gathering._drop_chunk(Gathering.objects.get(), "w", later(hours=1))
        payer = threading.Thread(target=hear)
        payer.start()
        payer.join(timeout=0.5)
        assert payer.is_alive()
    payer.join()
    assert answers == [GiftStatus.RETURNED] and reconcile() == []
    give_back_due(at=later(hours=3), by="w")
    gather_due(at=later(hours=3), by="w")
    assert reconcile() == [] and set(NeedLine.objects.values_list("reserved", flat=True)) == {0}
    assert Refund.objects.get().amount == gift.amount
