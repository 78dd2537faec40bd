"""A foundation takes on everything that is missing: looks, begins, watches, pays or lets it go."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.donations.models import Donation, Gathering
from backend.donations.operations import gather_due
from backend.donations.tokens import gift_token
from backend.timelines import queries as timelines
from tests import factories
from tests.backend.donations.stories import pay
from tests.interfaces.shop.conftest import County

pytestmark = pytest.mark.django_db


@pytest.fixture
def foundation(client: Client, settings: Any) -> Client:
    member = factories.user("山那边基金会", mail="post@example.org")
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client


def begin(client: Client, path: str = "/give/all/", **more: str) -> Any:
    page = client.get(path).content.decode()
    form = dict(re.findall(r'<input type="hidden" name="(key|appeal|kind|town)" value="([^"]*)">', page))
    return client.post("/give/all/", {**form, "stands_alone": "yes", "exact": "yes", **more})


def work() -> None:
    gather_due(at=timezone.now(), by="w")


def test_it_is_for_members(county: County, client: Client) -> None:
    assert client.get("/give/all/")["Location"].startswith("/accounts/login/")


def test_the_whole_way(county: County, foundation: Client) -> None:
    county.ask(wanted=5)
    page = foundation.get("/give/all/").content.decode()
    assert "15件" in page and "¥1,020" in page
    sent = begin(foundation)
    assert sent.status_code == 302 and sent["Location"].startswith("/give/all/gat_")
    coming = foundation.get(sent["Location"]).content.decode()
    assert "正在凑" in coming and "0条，共2条" in coming and '<meta http-equiv="refresh"' in coming
    work()
    whole = foundation.get(sent["Location"]).content.decode()
    assert "凑齐了" in whole and "山里人家慈善会（演示）" in whole and "付这一笔" in whole
    gift = Donation.objects.get()
    pay = foundation.post(sent["Location"], {"pay": gift.public_id})
    assert "/sandbox-gateway/pay/" in pay["Location"]
    assert gift.detail.mail == "post@example.org"


def test_one_appeal_or_one_kind(county: County, foundation: Client) -> None:
    rice = county.ask(item=factories.item("大米", "袋", category="food"), wanted=3)
    assert "3件" in foundation.get(f"/give/all/?appeal={rice.appeal.public_id}").content.decode()
    assert "10件" in foundation.get("/give/all/?kind=warmth").content.decode()
    assert "这里现在没有缺的" in foundation.get("/give/all/?town=000").content.decode()
    assert foundation.get("/give/all/?appeal=apl_unknown").status_code == 404
    begin(foundation, f"/give/all/?appeal={rice.appeal.public_id}")
    assert Gathering.objects.get().wished_lines == 1


def test_an_appeal_that_lacks_several_things_offers_all_of_them_at_once(
    county: County, foundation: Client
) -> None:
    where = f"/appeals/{county.need.appeal.public_id}/"
    assert "一次认捐全部" not in foundation.get(where).content.decode()
    factories.need(county.appeal, factories.item("大米", "袋", category="food"), wanted=5)
    (href,) = re.findall(r'href="(/give/all/[^"]+)"', foundation.get(where).content.decode())
    page = foundation.get(href).content.decode()
    assert "2条" in page and "15件" in page
    begin(foundation, href)
    work()
    assert "一次认捐全部" not in foundation.get(where).content.decode()  # nothing is missing any more


def test_it_is_let_go(county: County, foundation: Client) -> None:
    where = begin(foundation)["Location"]
    foundation.post(where, {"act": "drop"})
    assert "正在放回去" in foundation.get(where).content.decode()
    work()
    told = foundation.get(where).content.decode()
    assert "没有办成，没有扣钱" in told and "你放掉了" in told
    county.need.refresh_from_db()
    assert county.need.reserved == 0


def test_somebody_was_faster(county: County, foundation: Client) -> None:
    where = begin(foundation)["Location"]
    type(county.need).objects.filter(pk=county.need.pk).update(wanted=9)
    work()
    assert "有一样刚被别人先捐了，凑不齐" in foundation.get(where).content.decode()


def test_nothing_is_begun_without_the_donors_word_or_twice(county: County, foundation: Client) -> None:
    unsaid = begin(foundation, stands_alone="")
    assert unsaid.status_code == 422 and "要先确认这一条" in unsaid.content.decode()
    begin(foundation)
    second = begin(foundation)
    assert second.status_code == 409 and "上一笔大的还没付" in second.content.decode()


def test_the_page_is_its_donors_alone(county: County, foundation: Client) -> None:
    begin(foundation)
    public_id = Gathering.objects.get().public_id
    for token in (public_id, f"{public_id}:forged"):
        assert foundation.get(f"/give/all/{token}/").status_code == 404


def test_a_waiting_page_asks_for_its_part_alone(county: County, foundation: Client) -> None:
    where = begin(foundation)["Location"]
    part = foundation.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "0条，共1条" in part and "<html" not in part
    work()
    assert foundation.get(where, headers={"HX-Request": "true"}).headers["HX-Redirect"] == where


def test_the_page_of_a_large_gift_stays_small(
    county: County, foundation: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MOST_LINES", 2)
    for n in range(4):
        factories.need(county.appeal, factories.item(f"东西{n}"), wanted=2)
    begin(foundation)
    work()
    gift = Donation.objects.get()
    pay(gift, at=timezone.now())
    token = gift_token(donation=gift.public_id, link_version=1)
    told = foundation.get(f"/gifts/{token}/").content.decode()
    assert "这里写前2样；另外3样一样在办" in told and "东西2" not in told
    assert "这里写前" not in foundation.get("/mine/").content.decode()
