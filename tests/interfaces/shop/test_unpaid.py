"""Aming comes back from the gateway without having paid: the gift is found again, paid or let go."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.donations.models import Donation
from tests.backend.donations import stories
from tests.interfaces.shop.conftest import County, Pages

pytestmark = pytest.mark.django_db(transaction=True)
SAYS = "有一笔还没付"


def give(client: Client, county: County, quantity: int = 2) -> Donation:
    """Up to the gateway's page."""
    page = client.get("/give/", {"need": county.need.public_id, "quantity": quantity}).content.decode()
    fields = dict(re.findall(r'<input[^>]*name="((?:key|quantity-|price-)[^"]*)"[^>]*value="([^"]*)"', page))
    answer = client.post("/give/", {**fields, "act": "pay", "stands_alone": "yes"})
    assert "/sandbox-gateway/pay/" in answer["Location"]
    return Donation.objects.latest("pk")


def where(html: str) -> str:
    return re.findall(r'action="(/paid/[^"]+)"', html)[0]


def test_it_is_said_on_home_and_basket_until_it_is_paid(client: Client, county: County, read: Pages) -> None:
    assert SAYS not in read("/here/") + read("/give/")
    gift = give(client, county)
    assert client.cookies["here"].value == "1", "kept pages know that there is something to ask for"
    for path in ("/here/", "/give/"):
        html = read(path)
        assert SAYS in html and "棉被2床" in html and "¥136" in html, path
    assert 'data-into="banner"' in read("/here/") and SAYS not in read("/")

    again = client.post(where(read("/give/")), {"act": "pay"})
    assert "/sandbox-gateway/pay/" in again["Location"]
    stories.pay(gift, at=county.now)
    assert SAYS not in read("/here/") + read("/give/")
    assert "unpaid" not in client.session and client.cookies["here"].value == ""


def test_it_is_let_go_at_once(client: Client, county: County, read: Pages) -> None:
    gift = give(client, county)
    client.post(where(read("/here/")), {"act": "leave"})
    gift.refresh_from_db()
    county.need.refresh_from_db()
    assert (gift.status, county.need.reserved) == ("expired", 0)
    assert SAYS not in read("/here/")


def test_what_was_paid_meanwhile_is_not_let_go(client: Client, county: County, read: Pages) -> None:
    gift = give(client, county)
    stories.pay_at_gateway(gift, at=county.now)
    client.post(where(read("/here/")), {"act": "leave"})
    gift.refresh_from_db()
    assert gift.status == "paid"


def test_nobody_else_hears_of_it_and_time_ends_it(client: Client, county: County, read: Pages) -> None:
    give(client, county)
    assert SAYS not in Client().get("/here/").content.decode() + Client().get("/give/").content.decode()
    Donation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert SAYS not in read("/here/")


def test_the_session_keeps_a_few(client: Client, county: County, read: Pages) -> None:
    for _ in range(6):
        give(client, county, 1)
    assert read("/here/").count(SAYS) == 4
    assert len(client.cookies["sessionid"].value) < 2_000
