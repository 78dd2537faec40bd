"""The gateways' door: what is answered to a notice, and the practice gateway's notices over real HTTP."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.donations.models import Donation
from backend.donations.payments.port import OrderState
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxNotice, SandboxOrder
from backend.donations.payments.sandbox.remote import RETRIES, Manner
from backend.interfaces.jobs import payments as jobs
from backend.journal.models import Entry
from backend.ledger.models import Transfer
from tests.backend.donations.stories import give, notice_of, order_of, pay_at_gateway
from tests.factories import Village, appeal, need


def world() -> Village:
    """A village whose appeal is open at this very moment: doors have no clock but the real one."""
    village = Village(wanted=10)
    now = timezone.now()
    village.need = need(appeal(village.charity, village.recipient, at=now), village.item, wanted=10)
    return village


def gift_now() -> Donation:
    return give(world().need, 2, at=timezone.now())


def knock(client: Client, notice: dict[str, Any], **changes: Any) -> tuple[int, str]:
    letter = {**notice, **changes}
    answer = client.post(
        f"/payments/{letter['gateway']}/notice/",
        letter["body"],
        content_type="application/json",
        headers={k: v for k, v in letter["headers"].items() if k != "content-type"},
    )
    return answer.status_code, answer.json()["code"]


@pytest.mark.django_db
class TestAnswers:
    def paid(self) -> tuple[Donation, dict[str, Any]]:
        gift = gift_now()
        pay_at_gateway(gift, at=timezone.now())
        return gift, notice_of(gift, signed_at=timezone.now())

    def test_a_good_notice_and_its_twin(self, client: Client) -> None:
        _, notice = self.paid()
        assert knock(client, notice) == (200, "settled")
        assert knock(client, notice) == (200, "replayed")

    def test_a_gateway_needs_no_csrf_token(self) -> None:
        _, notice = self.paid()
        assert knock(Client(enforce_csrf_checks=True), notice) == (200, "settled")

    def test_a_changed_notice(self, client: Client) -> None:
        _, notice = self.paid()
        assert knock(client, notice, body=notice["body"] + b" ") == (403, "bad_signature")

    def test_another_amount(self, client: Client) -> None:
        gift, _ = self.paid()
        SandboxOrder.objects.update(amount=1)
        assert knock(client, notice_of(gift, signed_at=timezone.now())) == (409, "amount_differs")

    def test_an_unheard_gateway_and_an_unheard_order(self, client: Client) -> None:
        _, notice = self.paid()
        assert knock(client, notice, gateway="nobody") == (404, "unknown_gateway")
        SandboxOrder.objects.update(merchant_ref="other")
        notice_id = SandboxNotice.objects.get().notice_id
        letter = remote.envelope(notice_id=notice_id, signed_at=timezone.now())
        assert knock(client, notice, headers=letter.headers, body=letter.body) == (404, "no_such_payment")

    def test_a_gateway_that_does_not_answer_is_asked_to_come_again(
        self, client: Client, monkeypatch: Any
    ) -> None:
        from backend.donations.payments.port import GatewayDown
        from backend.donations.payments.sandbox.adapter import SandboxGateway

        def down(*_: Any, **__: Any) -> None:
            raise GatewayDown

        gift, _ = self.paid()
        monkeypatch.setattr(SandboxGateway, "query", down)
        late = notice_of(gift, signed_at=timezone.now() - remote.LATE)
        assert knock(client, late) == (503, "gateway_down")

    @pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"[" * 1_000])
    def test_noise(self, client: Client, body: bytes) -> None:
        answer = client.post("/payments/sandbox/notice/", body, content_type="application/json")
        assert answer.status_code == 403

    def test_a_flood_is_not_read(self, client: Client) -> None:
        answer = client.post("/payments/sandbox/notice/", b"x" * 70_000, content_type="application/json")
        assert answer.status_code == 413

    def test_looking_changes_nothing(self, client: Client) -> None:
        assert client.get("/payments/sandbox/notice/").status_code == 405


@pytest.mark.django_db(transaction=True)
class TestOverTheWire:
    """The gateway's notices travel over real HTTP to a real server."""

    def pay(self, live_server: Any, manner: Manner = Manner.ONCE) -> Donation:
        gift = gift_now()
        order = order_of(gift)
        order = type(order)(**{**order.__dict__, "notice_url": f"{live_server.url}/payments/sandbox/notice/"})
        assert remote.pay(order, at=timezone.now(), manner=manner) is OrderState.PAID
        return gift

    def status(self, gift: Donation) -> str:
        return Donation.objects.get(pk=gift.pk).status

    def test_a_notice_is_delivered_once(self, live_server: Any) -> None:
        gift = self.pay(live_server)
        assert jobs.deliver_notices() == 1
        assert self.status(gift) == "paid"
        assert jobs.deliver_notices() == 0

    def test_twice_is_paid_once(self, live_server: Any) -> None:
        gift = self.pay(live_server, Manner.TWICE)
        assert jobs.deliver_notices() == 2
        assert self.status(gift) == "paid" and Transfer.objects.count() == 1

    def test_late_is_checked_with_the_gateway(self, live_server: Any) -> None:
        gift = self.pay(live_server, Manner.LATE)
        assert jobs.deliver_notices() == 1
        assert self.status(gift) == "paid"

    def test_changed_on_its_way_is_refused_and_sent_again(self, live_server: Any) -> None:
        gift = self.pay(live_server, Manner.TAMPERED)
        assert jobs.deliver_notices() == 0
        assert self.status(gift) == "placed"
        notice = SandboxNotice.objects.get()
        assert notice.tries == 1 and notice.claimed_by == ""
        again = notice.due_at
        assert remote.deliver_due(at=again, by="w") == 1
        assert self.status(gift) == "paid"
        assert Entry.objects.filter(kind="gift.paid").count() == 1

    def test_nobody_at_home_is_tried_again_and_at_last_given_up(self, live_server: Any) -> None:
        gift = self.pay(live_server)
        SandboxOrder.objects.update(notice_url="http://127.0.0.1:9/payments/sandbox/notice/")
        at = timezone.now()
        for step in RETRIES:
            assert remote.deliver_due(at=at, by="w") == 0
            assert remote.deliver_due(at=at, by="w") == 0
            at += step
        assert SandboxNotice.objects.get().tries == len(RETRIES)
        assert self.status(gift) == "placed"
