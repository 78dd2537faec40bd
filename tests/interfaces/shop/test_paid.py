"""Aming comes back from the gateway: waiting, paid, too late; and finds the gifts made before."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.donations.models import Donation
from backend.donations.rules import GiftStatus
from backend.donations.tokens import gift_token
from tests import factories
from tests.backend.donations import stories
from tests.interfaces.shop.conftest import County, Pages, another_charity

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def link(gift: Donation) -> str:
    return f"/paid/{gift_token(donation=gift.public_id, link_version=gift.link_version)}/"


def story(gift: Donation) -> str:
    return link(gift).replace("/paid/", "/gifts/")


@pytest.fixture
def gift(county: County) -> Donation:
    return stories.give(county.need, 3, at=county.now)


def test_an_unpaid_gift_waits_and_asks_nobody_to_pay_twice(gift: Donation, read: Pages) -> None:
    html = read(link(gift))
    assert "付款确认中" in html and "棉被3床" in html and "¥204" in html
    assert "付过了不用再付" in html
    assert 'hx-trigger="every 2s"' in html and '<noscript><meta http-equiv="refresh"' in html


def test_the_page_turns_into_the_gifts_page_by_itself(gift: Donation, county: County, client: Client) -> None:
    waiting = client.get(link(gift), **HTMX)
    assert (waiting.status_code, waiting.content) == (204, b"")
    stories.pay(gift, at=county.now)
    assert client.get(link(gift), **HTMX)["HX-Redirect"] == story(gift)
    assert client.get(link(gift))["Location"] == story(gift)


def test_a_lost_notice_is_made_good_by_asking(gift: Donation, county: County, client: Client) -> None:
    stories.pay_at_gateway(gift, at=county.now)
    assert client.get(link(gift)).status_code == 200, "a GET asks nobody"
    answer = client.post(link(gift), {"act": "ask"})
    assert client.get(answer["Location"])["Location"] == story(gift)
    gift.refresh_from_db()
    assert gift.status == GiftStatus.PAID


def test_asking_from_inside_the_page_says_nothing_while_nothing_came(gift: Donation, client: Client) -> None:
    assert client.post(link(gift), {"act": "ask"}, **HTMX).status_code == 204


def test_an_interrupted_payment_is_taken_up_again(gift: Donation, client: Client) -> None:
    answer = client.post(link(gift), {"act": "pay"})
    assert "/sandbox-gateway/pay/?order=" in answer["Location"]


def test_an_expired_gift_says_that_nothing_was_taken(gift: Donation, county: County, read: Pages) -> None:
    Donation.objects.update(status=GiftStatus.EXPIRED)
    html = read(link(gift))
    assert "时间过了，没有扣钱" in html
    assert f"/give/?need={county.need.public_id}&amp;quantity=3" in html


def test_money_that_came_too_late_goes_back(gift: Donation, read: Pages) -> None:
    Donation.objects.update(status=GiftStatus.RETURNED)
    html = read(link(gift))
    assert "付晚了，钱退给你" in html and "¥204退回原来的付款账户" in html


def test_an_expired_gift_is_told_to_a_waiting_page(gift: Donation, client: Client) -> None:
    Donation.objects.update(status=GiftStatus.EXPIRED)
    assert client.get(link(gift), **HTMX)["HX-Redirect"] == link(gift)


def test_a_stranger_with_a_wrong_link_sees_nothing(gift: Donation, read: Pages) -> None:
    read("/paid/nonsense/", status=404)
    read(link(gift)[:-3] + "xx/", status=404)
    read(f"/paid/{gift_token(donation=gift.public_id, link_version=2)}/", status=404)


def test_the_second_charity_of_a_basket_is_not_forgotten(county: County, client: Client) -> None:
    other = county.ask(charity=another_charity(county.now))
    (placed,) = stories.place_all(
        stories.wish(stories.line(county.need), stories.line(other, 2), at=county.now)
    )
    first, second = (Donation.objects.get(public_id=due.donation) for due in placed.donations)  # type: ignore[union-attr]
    stories.pay(first, at=county.now)
    html = client.get(link(first)).content.decode()
    assert "付好了" in html and "还有一笔" in html and link(second) in html
    stories.pay(second, at=county.now)
    assert client.get(link(first))["Location"] == story(first)


def test_my_gifts_are_for_members(client: Client) -> None:
    answer = client.get("/mine/")
    assert answer.status_code == 302 and "login" in answer["Location"]


def signed_in(client: Client) -> int:
    aming = factories.user("阿明")
    client.force_login(aming, backend="django.contrib.auth.backends.ModelBackend")
    return int(aming.pk)


def test_aming_sees_only_his_own_gifts_each_with_its_state(county: County, client: Client) -> None:
    mine, others = stories.given(county.need, 2, at=county.now), stories.given(county.need, 5, at=county.now)
    waiting = stories.give(county.need, at=county.now)
    Donation.objects.filter(pk__in=[mine.pk, waiting.pk]).update(user=signed_in(client))
    html = client.get("/mine/").content.decode()
    assert "一共2笔" in html and "棉被2床" in html and "棉被5床" not in html
    assert story(mine) in html and link(waiting) in html and story(others) not in html
    assert "已付，在办" in html and "等付款" in html


def test_somebody_who_never_gave_is_led_to_the_needs(client: Client) -> None:
    signed_in(client)
    assert "还没有捐过" in client.get("/mine/").content.decode()


def test_my_gifts_cost_the_same_for_thirty_and_turn_pages(county: County, client: Client) -> None:
    user = signed_in(client)
    need = county.ask(wanted=100)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/mine/")
        return len(seen)

    stories.give(need, at=county.now)
    Donation.objects.update(user=user)
    one = count()
    for n in range(29):
        stories.give(need, at=timezone.now() + timedelta(seconds=n))
    Donation.objects.update(user=user)
    assert count() == one
    html = client.get("/mine/").content.decode()
    assert "第1页，共2页" in html and len(re.findall(r"棉被1床", html)) == 20
