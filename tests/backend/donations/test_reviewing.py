"""A robot gives: its gift is taken, and a person looks before anything is ordered. And: somebody tries out cards."""

from typing import Any

import pytest

from backend.donations.models import Attempt, Donation, FundedLine, Payment, Review
from backend.donations.operations import (
    AlreadyDecided,
    NoSuchReview,
    Receipt,
    ReviewReason,
    TooManyFailures,
    hold,
    pay_refunds,
    purge_attempts,
    receive_notice,
    release_held,
    send_back_held,
    start_payment,
)
from backend.donations.payments.sandbox import remote
from backend.donations.queries import due_lines, is_held, open_reviews, reconcile, stopped_clients
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from tests.backend.donations.stories import give, given, notice_of, order_of, pay
from tests.cast import MONDAY, later
from tests.factories import Village

pytestmark = pytest.mark.django_db
MS_CEN = "user:cen"


@pytest.fixture(autouse=True)
def no_undo(settings: Any) -> None:
    settings.UNDO_MINUTES = 0


def held(gift: Donation, at: Any = MONDAY) -> Review:
    assert hold(
        donation=gift.public_id, reason=ReviewReason.PACE, seen={"gifts": 9}, actor="system:shop", at=at
    )
    return Review.objects.get(donation=gift)


def failed(gift: Donation, card: str = "card-1", at: Any = MONDAY) -> Receipt:
    """Somebody tries to pay and the bank says no; the notice arrives."""
    remote.fail(order_of(gift), at=at, card=card)
    notice_id = remote.due_notices(merchant_ref=gift.public_id)[-1]
    letter = remote.envelope(notice_id=notice_id, signed_at=at)
    return receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=at)


def paid_by(gift: Donation, card: str, at: Any = MONDAY) -> Receipt:
    remote.pay(order_of(gift), at=at, card=card)
    notice_id = remote.due_notices(merchant_ref=gift.public_id)[-1]
    letter = remote.envelope(notice_id=notice_id, signed_at=at)
    return receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=at)


def test_a_held_gift_is_paid_and_nothing_is_ordered() -> None:
    village = Village(wanted=10)
    gift, other = give(village.need, 2), give(village.need)
    held(gift)
    assert open_reviews() == []  # nobody looks at what is not paid
    pay(gift)
    pay(other)
    assert [line.quantity for line in due_lines(at=later(hours=1))] == [1]
    (row,) = open_reviews()
    assert (row.gift, row.amount, row.reason, row.seen) == (
        gift.public_id,
        gift.amount,
        ReviewReason.PACE,
        {"gifts": 9},
    )
    assert is_held(gift=gift.public_id) and not is_held(gift=other.public_id)
    assert reconcile() == []


def test_a_person_releases_it_and_its_goods_are_due() -> None:
    village = Village(wanted=10)
    gift = give(village.need, 2)
    review = held(gift)
    pay(gift)
    release_held(review=review.public_id, actor=MS_CEN, at=later(hours=2))
    assert due_lines(at=later(hours=1)) == []
    assert [line.quantity for line in due_lines(at=later(hours=2))] == [2]
    assert open_reviews() == [] and Entry.objects.get(kind=Kind.GIFT_RELEASED).actor == MS_CEN
    for decide in (release_held, send_back_held):
        with pytest.raises(AlreadyDecided):
            decide(review=review.public_id, actor=MS_CEN, at=later(hours=3))


def test_a_person_sends_it_back_whole() -> None:
    village = Village(wanted=10)
    gift = give(village.need, 2)
    review = held(gift)
    pay(gift)
    send_back_held(review=review.public_id, actor=MS_CEN, at=later(hours=2))
    village.need.refresh_from_db()
    assert village.need.reserved == 0 and due_lines(at=later(days=1)) == []
    assert pay_refunds(at=later(hours=3), by="w") == 1
    gift.refresh_from_db()
    assert gift.status == "refunded" and reconcile() == []
    assert Entry.objects.get(kind=Kind.GIFT_SENT_BACK).public["amount"] == gift.amount


def test_what_is_not_paid_is_not_decided() -> None:
    gift = give(Village(wanted=10).need)
    review = held(gift)
    with pytest.raises(AlreadyDecided):
        release_held(review=review.public_id, actor=MS_CEN, at=MONDAY)
    with pytest.raises(NoSuchReview):
        release_held(review="rev_unknown", actor=MS_CEN, at=MONDAY)


def test_a_paid_gift_is_held_too_once_and_not_when_suppliers_are_at_work() -> None:
    village = Village(wanted=10)
    gift, bought = given(village.need), given(village.need)
    held(gift)
    assert FundedLine.objects.get(fundings__line__donation=gift).due_at is None
    again = {"reason": ReviewReason.PACE, "seen": {}, "actor": "system:shop", "at": MONDAY}
    assert not hold(donation=gift.public_id, **again)
    FundedLine.objects.filter(fundings__line__donation=bought).update(sourced=1)
    assert not hold(donation=bought.public_id, **again)


def test_many_failed_payments_of_one_visitor_stop(settings: Any) -> None:
    settings.CARD_MOST_FAILURES = 3
    village = Village(wanted=10)
    gifts = [give(village.need) for _ in range(4)]
    said = [failed(gift, card=f"card-{n}") for n, gift in enumerate(gifts)]
    assert said == [Receipt.FAILED, Receipt.FAILED, Receipt.STOPPED, Receipt.STOPPED]
    assert stopped_clients(at=MONDAY) == {"visitor:aming"}
    with pytest.raises(TooManyFailures):
        start_payment(donation=gifts[0].public_id, at=MONDAY)
    assert Entry.objects.filter(kind=Kind.PAYMENTS_STOPPED).count() == 1
    over = later(minutes=settings.CARD_MINUTES + 1)
    assert stopped_clients(at=over) == frozenset() and start_payment(donation=gifts[0].public_id, at=over)


def test_a_card_that_works_after_many_that_did_not_is_looked_at(settings: Any) -> None:
    settings.CARD_MOST_FAILURES = 3
    village = Village(wanted=10)
    for n in range(3):
        failed(give(village.need), card=f"card-{n}")
    gift = give(village.need)
    assert paid_by(gift, "card-9") is Receipt.SETTLED
    assert [row.reason for row in open_reviews()] == [ReviewReason.CARD_TESTING]
    assert due_lines(at=later(days=1)) == []


def test_one_card_in_many_hands(settings: Any) -> None:
    settings.CARD_GIFTS_AN_HOUR = 2
    village = Village(wanted=10)
    for minute in range(4):
        paid_by(give(village.need), "card-1", at=later(minutes=minute))
    assert [row.reason for row in open_reviews()] == [ReviewReason.CARD_PACE] * 2
    assert Payment.objects.exclude(payer__isnull=True).values("payer").distinct().count() == 1
    assert not Payment.objects.filter(payer__contains="card-1").exists()  # our digest, not the gateway's mark


def test_a_failure_that_is_told_twice_counts_once() -> None:
    gift = give(Village(wanted=10).need)
    remote.fail(order_of(gift), at=MONDAY, card="card-1")
    assert receive_notice(**notice_of(gift), at=MONDAY) is Receipt.FAILED
    assert receive_notice(**notice_of(gift), at=MONDAY) is Receipt.REPLAYED
    assert Attempt.objects.count() == 1
    assert purge_attempts(at=later(days=29)) == 0 and purge_attempts(at=later(days=31)) == 1
