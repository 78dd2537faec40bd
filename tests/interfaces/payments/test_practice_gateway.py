"""The practice gateway's pay page, as Aming walks through it."""

import base64
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from backend.donations.models import Donation
from backend.donations.operations import start_payment
from backend.donations.payments.sandbox.models import SandboxNotice, SandboxOrder
from tests.backend.donations.stories import pay_at_gateway
from tests.interfaces.payments.test_notices import gift_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def gift() -> Donation:
    return gift_now()


def page_of(gift: Donation) -> tuple[str, dict[str, str]]:
    """The page's path with its query, and the signed order as a form carries it."""
    address = urlsplit(start_payment(donation=gift.public_id, at=timezone.now()))
    fields = {name: values[0] for name, values in parse_qs(address.query).items()}
    return f"{address.path}?{address.query}", fields


def test_it_shows_what_is_to_be_paid_and_changes_nothing(client: Client, gift: Donation) -> None:
    path, fields = page_of(gift)
    text = client.get(path).content.decode()
    assert "¥136" in text and gift.public_id in text
    assert fields["order"] in unescape(text)
    assert not SandboxOrder.objects.exists()


@pytest.mark.parametrize(("language", "word"), [("en", "Practice checkout"), ("zh-hant", "練習用的收銀台")])
def test_it_speaks_three_languages(client: Client, gift: Donation, language: str, word: str) -> None:
    answer = client.get(page_of(gift)[0], headers={"accept-language": language})
    assert word in answer.content.decode()


def test_paying_leads_back_and_a_notice_is_due(client: Client, gift: Donation) -> None:
    path, fields = page_of(gift)
    answer = client.post(path, {**fields, "act": "pay"})
    assert answer.status_code == 302
    assert urlsplit(answer["location"]).path.startswith("/paid/don_")
    assert SandboxNotice.objects.get().order.merchant_ref == gift.public_id


def test_paying_twice_is_paying_once(client: Client, gift: Donation) -> None:
    path, fields = page_of(gift)
    for _ in range(2):
        assert client.post(path, {**fields, "act": "pay"}).status_code == 302
    assert SandboxNotice.objects.count() == 1
    assert "这一单已经付过" in client.get(path).content.decode()


def test_a_payment_that_fails_stays_open(client: Client, gift: Donation) -> None:
    path, fields = page_of(gift)
    answer = client.post(path, {**fields, "act": "fail"})
    assert answer.status_code == 402 and "没有付成" in answer.content.decode()
    assert client.post(path, {**fields, "act": "pay"}).status_code == 302


def test_leaving_pays_nothing(client: Client, gift: Donation) -> None:
    path, fields = page_of(gift)
    assert client.post(path, {**fields, "act": "leave"}).status_code == 302
    assert not SandboxOrder.objects.exists()


def test_after_its_time_nothing_can_be_paid(client: Client, gift: Donation) -> None:
    Donation.objects.update(expires_at=timezone.now())
    path, fields = page_of(gift)
    assert "这一单已经关了" in client.get(path).content.decode()
    assert client.post(path, {**fields, "act": "pay"}).status_code == 200
    assert not SandboxOrder.objects.filter(state="paid").exists()


@pytest.mark.parametrize("manner", ["twice", "late", "tampered", "never", "nonsense"])
def test_bad_days_are_made_on_demand(client: Client, gift: Donation, manner: str) -> None:
    path, fields = page_of(gift)
    client.post(path, {**fields, "act": "pay", "manner": manner})
    expected = {"twice": 2, "never": 0}.get(manner, 1)
    assert SandboxNotice.objects.count() == expected


def test_an_order_that_the_merchant_did_not_sign_is_not_shown(client: Client, gift: Donation) -> None:
    _, fields = page_of(gift)
    wish = base64.urlsafe_b64decode(fields["order"])
    cheaper = base64.urlsafe_b64encode(wish.replace(b'"amount":13600', b'"amount":1')).decode()
    assert b'"amount":13600' in wish
    for sent in ({**fields, "order": cheaper}, {**fields, "sign": "AAAA"}, {"order": fields["order"]}, {}):
        assert client.get("/sandbox-gateway/pay/", sent).status_code == 404
        assert client.post("/sandbox-gateway/pay/", {**sent, "act": "pay"}).status_code == 404
    assert not SandboxOrder.objects.exists()


def test_a_strangers_page_cannot_pay_for_the_visitor(gift: Donation) -> None:
    path, fields = page_of(gift)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {**fields, "act": "pay"}).status_code == 403


def test_a_house_with_a_real_gateway_has_no_practice_page(
    client: Client, gift: Donation, settings: Any
) -> None:
    path, _ = page_of(gift)
    settings.PAYMENT_GATEWAY = "wechat"
    assert client.get(path).status_code == 404


def test_the_page_runs_nothing_inline_and_is_kept_nowhere(client: Client, gift: Donation) -> None:
    pay_at_gateway(gift, at=timezone.now())
    answer = client.get(page_of(gift)[0])
    text = answer.content.decode()
    assert " style=" not in text and "<script>" not in text and " onclick" not in text
    assert "no-store" in answer["cache-control"]
