"""Money goes back: undone by the donor, sent by the gateway, surviving a worker that dies in between."""

from typing import Any

import pytest

from backend.donations.models import Donation, Payment, Refund
from backend.donations.operations import (
    NoSuchGift,
    TooLateToTakeBack,
    claim_goods,
    pay_refunds,
    renew_link,
    take_back,
)
from backend.donations.operations import refunding as module
from backend.donations.payments.port import GatewayDown, GatewayRefused
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxOrder, SandboxRefund
from backend.donations.queries import gift_by_token, reconcile
from backend.donations.tokens import gift_token
from backend.journal.models import Entry
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from tests.backend.donations.stories import give, given, line, pay, place_all, units_of, wish
from tests.cast import MONDAY, later
from tests.factories import Village, item, need

pytestmark = pytest.mark.django_db
AMING = "visitor:aming"


@pytest.fixture
def village(settings: Any) -> Village:
    settings.UNDO_MINUTES = 30
    return Village(wanted=10)


@pytest.fixture
def gift(village: Village) -> Donation:
    return given(village.need, 3)


def undo(gift: Donation, at: Any = None) -> Donation:
    return take_back(donation=gift.public_id, actor=AMING, at=at or later(minutes=10))


def kinds(gift: Donation) -> list[str]:
    return list(
        Entry.objects.filter(subject=f"gift:{gift.public_id}").order_by("pk").values_list("kind", flat=True)
    )


def test_a_gift_taken_back_in_time_frees_everything(gift: Donation) -> None:
    undo(gift)
    assert NeedLine.objects.get().reserved == 0
    assert Refund.objects.get().amount == gift.amount
    assert pay_refunds(at=later(minutes=11), by="w") == 1
    gift.refresh_from_db()
    assert gift.status == "refunded" and Payment.objects.get().refunded == gift.amount
    assert trial_balance().of("gateway") == trial_balance().of("gifts") == 0
    assert remote.refunded(merchant_no=SandboxOrder.objects.get().merchant_no, merchant_ref=gift.public_id)
    assert kinds(gift)[-3:] == ["gift.refund_asked", "gift.taken_back", "gift.refund_paid"]
    assert reconcile() == []


def test_a_basket_is_taken_back_with_one_refund(village: Village) -> None:
    lamps = need(village.appeal, item("台灯", "盏"), price=3_000)
    (placed,) = place_all(wish(line(village.need, 2), line(lamps, 3)))
    gift = Donation.objects.get(public_id=placed.donations[0].donation)  # type: ignore[union-attr]
    pay(gift)
    undo(gift)
    assert Refund.objects.get().amount == 2 * 6_800 + 3 * 3_000 and reconcile() == []


@pytest.mark.parametrize("when", [30, 60])
def test_after_the_undo_it_is_too_late(gift: Donation, when: int) -> None:
    with pytest.raises(TooLateToTakeBack):
        undo(gift, at=later(minutes=when))


def test_what_is_not_paid_or_at_work_or_gone_cannot_be_taken_back(village: Village, gift: Donation) -> None:
    with pytest.raises(TooLateToTakeBack):
        undo(give(village.need))
    with pytest.raises(NoSuchGift):
        take_back(donation="don_unheard", actor=AMING, at=MONDAY)
    undo(gift)
    with pytest.raises(TooLateToTakeBack):
        undo(gift)


def test_suppliers_at_work_end_the_undo(gift: Donation) -> None:
    claim_goods(quantities={units_of(gift).pk: 1}, at=later(minutes=30))
    with pytest.raises(TooLateToTakeBack):
        undo(gift, at=later(minutes=29))


def test_the_page_says_whether_it_may_be_taken_back(gift: Donation) -> None:
    token = gift_token(donation=gift.public_id, link_version=1)
    page = gift_by_token(token=token)
    assert page is not None
    assert page.may_be_taken_back(later(minutes=29)) and not page.may_be_taken_back(later(minutes=30))


class Gateway:
    """The sandbox, with a bad day in front of it."""

    def __init__(self, monkeypatch: Any) -> None:
        from backend.donations.payments.sandbox.adapter import SandboxGateway

        self.trouble: Exception | None = None
        real = SandboxGateway.refund

        def refund(this: SandboxGateway, **call: Any) -> None:
            if self.trouble:
                raise self.trouble
            real(this, **call)

        monkeypatch.setattr(SandboxGateway, "refund", refund)


@pytest.mark.parametrize("trouble", [GatewayDown(), GatewayRefused()])
def test_a_failure_is_kept_told_once_and_tried_again(
    gift: Donation, trouble: Exception, monkeypatch: Any
) -> None:
    gateway = Gateway(monkeypatch)
    undo(gift)
    gateway.trouble = trouble
    assert pay_refunds(at=later(minutes=11), by="w") == 0
    refund = Refund.objects.get()
    assert (refund.status, refund.tries, refund.due_at) == ("failed", 1, later(minutes=12))
    assert refund.failure and refund.claimed_by == ""
    assert pay_refunds(at=later(minutes=11.5), by="w") == 0
    assert pay_refunds(at=later(minutes=12), by="w") == 0
    assert Refund.objects.get().due_at == later(minutes=14)
    gateway.trouble = None
    assert pay_refunds(at=later(minutes=14), by="w") == 1
    assert kinds(gift).count("gift.refund_failed") == 1 and kinds(gift)[-1] == "gift.refund_paid"
    assert reconcile() == []


def test_a_worker_that_dies_between_the_gateway_and_its_commit_pays_once(
    gift: Donation, monkeypatch: Any
) -> None:
    undo(gift)

    class Killed(BaseException):
        pass

    def die(*_: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, "_book", die)
        with pytest.raises(Killed):
            pay_refunds(at=later(minutes=11), by="dying")
    assert SandboxRefund.objects.count() == 1 and Refund.objects.get().status == "asked"
    assert trial_balance().of("gateway") == gift.amount
    assert pay_refunds(at=later(minutes=11.5), by="next") == 0  # the dead worker's lease still holds
    assert pay_refunds(at=later(minutes=13), by="next") == 1
    assert SandboxRefund.objects.count() == 1
    assert (
        remote.refunded(merchant_no=SandboxOrder.objects.get().merchant_no, merchant_ref=gift.public_id)
        == gift.amount
    )
    assert trial_balance().of("gateway") == 0 and reconcile() == []


def test_a_new_link_ends_the_old_one(gift: Donation) -> None:
    old = gift_token(donation=gift.public_id, link_version=1)
    new = renew_link(donation=gift.public_id, actor=AMING, at=later(minutes=1))
    assert gift_by_token(token=old) is None
    page = gift_by_token(token=new)
    assert page is not None and page.public_id == gift.public_id and page.name == "阿明"
    with pytest.raises(NoSuchGift):
        renew_link(donation="don_unheard", actor=AMING, at=MONDAY)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("a" if t[-1] != "a" else "b"), lambda t: "", lambda t: "x.y.z"]
)
def test_a_link_that_is_not_ours_leads_nowhere(gift: Donation, change: Any) -> None:
    token = gift_token(donation=gift.public_id, link_version=1)
    assert gift_by_token(token=change(token)) is None


def test_a_link_for_one_gift_does_not_open_another(village: Village, gift: Donation) -> None:
    other = given(village.need)
    token = gift_token(donation=gift.public_id, link_version=1)
    assert gift_by_token(token=token.replace(gift.public_id, other.public_id)) is None
