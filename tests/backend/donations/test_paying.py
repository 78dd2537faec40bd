"""The gateway tells us: once, twice, late, changed on the way, for another amount, for an expired gift."""

from typing import Any

import pytest

from backend.donations.models import Donation, DonationLine, FundedLine, Payment, PaymentNotice, Refund
from backend.donations.operations import (
    AmountDiffers,
    NoSuchGift,
    NoSuchPayment,
    Receipt,
    expire_due,
    purge_notices,
    receive_notice,
    start_payment,
    sync,
)
from backend.donations.payments.port import BadSignature, OrderState, UnknownGateway
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxOrder
from backend.donations.queries import due_lines, reconcile
from backend.donations.rules import GiftStatus
from backend.journal.models import Entry
from backend.kernel.states import WrongState
from backend.ledger.models import Transfer
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from backend.needs.operations import stop_line
from tests.backend.donations.stories import (
    give,
    given,
    line,
    notice_of,
    order_of,
    pay,
    pay_at_gateway,
    place_all,
    units_of,
    wish,
)
from tests.cast import MONDAY, later
from tests.factories import Village

pytestmark = pytest.mark.django_db


@pytest.fixture
def village(settings: Any) -> Village:
    settings.UNDO_MINUTES = 30
    settings.RESERVATION_MINUTES = 30
    return Village(wanted=10)


def seen(gift: Donation) -> Donation:
    return Donation.objects.get(pk=gift.pk)


def facts(kind: str) -> list[dict[str, Any]]:
    return [entry.public for entry in Entry.objects.filter(kind=kind).order_by("pk")]


def test_a_paid_gift_is_in_the_books_and_due_after_the_undo(village: Village) -> None:
    gift = give(village.need, 3)
    assert pay(gift, at=later(minutes=5)) is Receipt.SETTLED
    gift = seen(gift)
    assert (gift.status, gift.paid_at, gift.order_after) == ("paid", later(minutes=5), later(minutes=35))
    books = trial_balance()
    assert books.of("gateway") == gift.amount == -books.of("gifts")
    assert Transfer.objects.get().entry.kind == "gift.paid"
    assert Payment.objects.get().gateway_ref == SandboxOrder.objects.get().gateway_ref
    assert due_lines(at=later(minutes=34)) == []
    (due,) = due_lines(at=later(minutes=35))
    assert (due.quantity, due.replacement_quantity, due.unit_price) == (3, 0, 6_800)
    assert due.item_id == village.item.pk and due.recipient_id == village.recipient.pk
    assert reconcile() == []


def test_a_notice_that_comes_twice_is_believed_once(village: Village) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    assert receive_notice(**notice, at=MONDAY) is Receipt.SETTLED
    assert receive_notice(**notice, at=later(minutes=1)) is Receipt.REPLAYED
    assert receive_notice(**notice, at=later(days=9)) is Receipt.REPLAYED
    assert Transfer.objects.count() == 1 and PaymentNotice.objects.count() == 1


def test_two_notices_of_one_payment_are_one_payment(village: Village) -> None:
    gift = give(village.need)
    assert remote.pay(order_of(gift), at=MONDAY, manner=remote.Manner.TWICE) is OrderState.PAID
    for notice_id in remote.due_notices(merchant_ref=gift.public_id):
        letter = remote.envelope(notice_id=notice_id, signed_at=MONDAY)
        receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=MONDAY)
    assert PaymentNotice.objects.count() == 2
    assert Transfer.objects.count() == 1 and len(facts("gift.paid")) == 1


@pytest.mark.parametrize("changed", ["body", "signature", "timestamp", "no signature", "empty timestamp"])
def test_a_notice_that_was_changed_on_the_way_is_refused(village: Village, changed: str) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    if changed == "body":
        notice["body"] = notice["body"].replace(b'"amount":6800', b'"amount":6801')
    elif changed == "signature":
        notice["headers"]["sandbox-signature"] = "AAAA" + notice["headers"]["sandbox-signature"][4:]
    elif changed == "timestamp":
        notice["headers"]["sandbox-timestamp"] = str(int(later(minutes=1).timestamp()))
    elif changed == "no signature":
        del notice["headers"]["sandbox-signature"]
    else:
        notice["headers"]["sandbox-timestamp"] = ""
    with pytest.raises(BadSignature):
        receive_notice(**notice, at=MONDAY)
    assert seen(gift).status == "placed" and not Transfer.objects.exists()


def test_the_merchant_cannot_sign_for_the_gateway(village: Village) -> None:
    from backend.donations.payments.sandbox.keys import MERCHANT, sign

    gift = give(village.need)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    stamp = notice["headers"]["sandbox-timestamp"].encode()
    notice["headers"]["sandbox-signature"] = sign(MERCHANT, stamp + b"." + notice["body"])
    with pytest.raises(BadSignature):
        receive_notice(**notice, at=MONDAY)


def test_a_late_notice_is_neither_believed_nor_dropped(village: Village) -> None:
    """Its own word does not count; the gateway's answer does."""
    gift = give(village.need)
    pay_at_gateway(gift)
    late = notice_of(gift, signed_at=later(hours=-1))
    SandboxOrder.objects.update(state="open")
    assert receive_notice(**late, at=MONDAY) is Receipt.NOT_PAID
    assert seen(gift).status == "placed" and not PaymentNotice.objects.exists()
    SandboxOrder.objects.update(state="paid")
    assert receive_notice(**late, at=MONDAY) is Receipt.SETTLED
    assert seen(gift).status == "paid"


def test_a_notice_from_the_future_is_checked_with_the_gateway_too(village: Village) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    early = notice_of(gift, signed_at=later(hours=1))
    SandboxOrder.objects.update(state="closed")
    assert receive_notice(**early, at=MONDAY) is Receipt.NOT_PAID


@pytest.mark.parametrize("field", [{"amount": 6_801}, {"currency": "HKD"}])
def test_another_amount_settles_nothing_and_is_written_down(village: Village, field: dict[str, Any]) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    SandboxOrder.objects.update(**field)
    with pytest.raises(AmountDiffers):
        receive_notice(**notice_of(gift), at=MONDAY)
    assert seen(gift).status == "placed" and not Transfer.objects.exists()
    (fact,) = facts("gift.notice_refused")
    assert fact["asked"] == 6_800
    with pytest.raises(AmountDiffers):
        sync(donation=gift.public_id, at=MONDAY)


def test_a_notice_of_an_unheard_order(village: Village) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    Payment.objects.update(merchant_ref="other")
    with pytest.raises(NoSuchPayment):
        receive_notice(**notice, at=MONDAY)


def test_an_unheard_gateway() -> None:
    with pytest.raises(UnknownGateway):
        receive_notice(gateway="nobody", headers={}, body=b"{}", at=MONDAY)


def test_coming_back_from_the_gateway_settles_before_its_notice(village: Village) -> None:
    gift = give(village.need)
    assert sync(donation=gift.public_id, at=MONDAY) is GiftStatus.PLACED
    pay_at_gateway(gift)
    assert sync(donation=gift.public_id, at=MONDAY) is GiftStatus.PAID
    assert sync(donation=gift.public_id, at=MONDAY) is GiftStatus.PAID
    assert receive_notice(**notice_of(gift), at=MONDAY) is Receipt.REPLAYED
    assert Transfer.objects.count() == 1


def test_asking_about_a_gift_that_is_not_there() -> None:
    with pytest.raises(NoSuchGift):
        sync(donation="don_unheard", at=MONDAY)
    with pytest.raises(NoSuchGift):
        start_payment(donation="don_unheard", at=MONDAY)


def test_a_gift_can_be_led_to_its_payment_again_until_it_is_paid(village: Village) -> None:
    gift = give(village.need)
    assert "/sandbox-gateway/pay/?" in start_payment(donation=gift.public_id, at=MONDAY)
    pay(gift)
    with pytest.raises(WrongState):
        start_payment(donation=gift.public_id, at=MONDAY)


class TestExpiry:
    def test_an_unpaid_gift_gives_its_goods_back(self, village: Village) -> None:
        gift = give(village.need, 3)
        assert expire_due(at=later(minutes=29)) == 0
        assert expire_due(at=later(minutes=30)) == 1
        assert expire_due(at=later(minutes=31)) == 0
        assert seen(gift).status == "expired" and units_of(gift).state == "void"
        assert NeedLine.objects.get().reserved == 0
        assert Payment.objects.get().status == "closed"
        assert reconcile() == []

    def test_the_gateway_closes_the_order_first(self, village: Village) -> None:
        gift = give(village.need)
        expire_due(at=later(minutes=30))
        assert remote.pay(order_of(gift), at=later(minutes=30)) is OrderState.CLOSED

    def test_what_the_gateway_calls_paid_is_settled_instead(self, village: Village) -> None:
        gift = give(village.need)
        pay_at_gateway(gift, at=later(minutes=29))
        assert expire_due(at=later(minutes=30)) == 0
        assert seen(gift).status == "paid" and NeedLine.objects.get().reserved == 1
        assert Transfer.objects.count() == 1

    def test_no_answer_from_the_gateway_means_wait(self, village: Village, monkeypatch: Any) -> None:
        from backend.donations.payments.port import GatewayDown
        from backend.donations.payments.sandbox.adapter import SandboxGateway

        gift = give(village.need)
        other = give(village.need, at=later(minutes=1))

        def close(self: object, *, merchant_no: str, merchant_ref: str, at: object) -> remote.Standing:
            if merchant_ref == gift.public_id:
                raise GatewayDown
            return remote.close(merchant_no=merchant_no, merchant_ref=merchant_ref)

        monkeypatch.setattr(SandboxGateway, "close", close)
        assert expire_due(at=later(minutes=31), limit=1) == 0
        assert expire_due(at=later(minutes=31), limit=1) == 1  # the next one is not held up
        assert (seen(gift).status, seen(other).status) == ("placed", "expired")
        assert seen(gift).expires_at == later(minutes=32)

    def test_another_amount_does_not_expire_and_is_written_down(self, village: Village) -> None:
        gift = give(village.need)
        pay_at_gateway(gift)
        SandboxOrder.objects.update(amount=1)
        assert expire_due(at=later(minutes=30)) == 0
        assert seen(gift).status == "placed" and len(facts("gift.notice_refused")) == 1

    def test_many_in_one_go(self, village: Village, django_assert_max_num_queries: Any) -> None:
        placed = place_all(*(wish(line(village.need)) for _ in range(8)))
        assert len(placed) == 8
        assert expire_due(at=later(minutes=30), limit=5) == 5
        assert expire_due(at=later(minutes=30), limit=5) == 3
        assert NeedLine.objects.get().reserved == 0 and reconcile() == []


class TestPaidTooLate:
    """The gateway had not closed in time (a gateway may lie): the money is there, the gift had expired."""

    def expired_but_paid(self, village: Village, quantity: int = 3) -> Donation:
        gift = give(village.need, quantity)
        expire_due(at=later(minutes=30))
        SandboxOrder.objects.update(
            state="paid", amount=gift.amount, currency="CNY", notice_url="http://testserver/"
        )
        return gift

    def test_it_is_reserved_again_where_there_is_room(self, village: Village) -> None:
        gift = self.expired_but_paid(village)
        assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.PAID
        assert NeedLine.objects.get().reserved == 3
        assert units_of(gift).due_at == later(hours=1, minutes=30)
        assert facts("gift.late_paid")[0]["outcome"] == "reserved_again"
        assert reconcile() == []

    def test_else_it_is_sent_back_whole_and_says_so(self, village: Village) -> None:
        gift = self.expired_but_paid(village)
        given(village.need, 8)
        assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.RETURNED
        assert NeedLine.objects.get().reserved == 8
        refund = Refund.objects.get()
        assert (refund.amount, refund.status, refund.reason) == (gift.amount, "asked", "paid_late")
        assert DonationLine.objects.get(donation=gift).refunded == gift.amount
        assert FundedLine.objects.get(fundings__line__donation=gift).state == "void"
        assert facts("gift.late_paid")[0]["outcome"] == "returned"
        assert reconcile() == []

    def test_a_stopped_need_takes_no_late_gift(self, village: Village) -> None:
        gift = self.expired_but_paid(village)
        stop_line(need_line=village.need.public_id, reason="够了", actor="user:wei", at=later(minutes=40))
        assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.RETURNED

    def test_a_closed_appeal_takes_no_late_gift(self, village: Village) -> None:
        gift = self.expired_but_paid(village)
        village.appeal.state = "closed"
        village.appeal.save(update_fields=["state"])
        assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.RETURNED

    def test_a_basket_is_reserved_again_whole_or_not_at_all(self, village: Village) -> None:
        from tests.factories import item, need

        lamps = need(village.appeal, item("台灯", "盏"), wanted=1, price=3_000)
        (placed,) = place_all(wish(line(village.need, 2), line(lamps, 1)))
        gift = Donation.objects.get(public_id=placed.donations[0].donation)  # type: ignore[union-attr]
        expire_due(at=later(minutes=30))
        SandboxOrder.objects.update(state="paid", amount=gift.amount)
        given(lamps)
        assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.RETURNED
        village.need.refresh_from_db()
        assert village.need.reserved == 0
        assert reconcile() == []


def test_notices_are_forgotten_after_a_month_and_a_replay_changes_nothing(village: Village) -> None:
    gift = give(village.need)
    pay_at_gateway(gift)
    notice = notice_of(gift)
    assert receive_notice(**notice, at=MONDAY) is Receipt.SETTLED
    assert purge_notices(at=later(days=29)) == 0 and PaymentNotice.objects.count() == 1
    assert purge_notices(at=later(days=31)) == 1 and not PaymentNotice.objects.exists()
    assert receive_notice(**notice, at=later(days=31)) is Receipt.REPLAYED
    assert Transfer.objects.count() == 1 and reconcile() == []
