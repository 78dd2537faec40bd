"""Aming shares her gift: whoever has the link sees the goods, nobody sees her."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backend.donations.models import Donation, DonationLine, Share
from backend.donations.tokens import gift_token
from backend.journal.models import Entry
from backend.parties.models import Charity
from tests import factories
from tests.backend.confirmations.stories import Road
from tests.cast import later

pytestmark = pytest.mark.django_db


def key_of(gift: Donation) -> str:
    return gift_token(donation=gift.public_id, link_version=gift.link_version)


def press(client: Client, gift: Donation, name: str) -> int:
    return client.post(reverse(f"track:{name}", kwargs={"key": key_of(gift)})).status_code


def shared(client: Client, gift: Donation) -> str:
    """Press «share» and find the address on her page."""
    assert press(client, gift, "share") == 302
    page = client.get(reverse("track:gift", kwargs={"key": key_of(gift)})).content.decode()
    found = re.search(r'value="[^"]*(/s/[a-z2-7]{20}/)"', page)
    assert found, page
    return found[1]


def read(path: str, status: int = 200, language: str = "zh-hans") -> str:
    answer = Client(headers={"accept-language": language}).get(path)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def aming() -> Client:
    return Client()


def test_a_stranger_sees_the_goods_and_nobody(aming: Client) -> None:
    road = Road()
    gift = road.gifts[0]

    text = read(shared(aming, gift))

    assert "<h1>3床棉被</h1>" in text and "给示范小学（者贵村）" in text and "3床在路上" in text
    assert f"/appeals/{road.village.need.appeal.public_id}/" in text and "我也捐一样" in text
    for hers in (
        "阿明",
        "aming",
        "¥",
        gift.public_id,
        "/gifts/",
        key_of(gift),
        "/s/",
        Share.objects.get().code,
    ):
        assert hers not in text
    assert f"{gift.pk:05d}" not in text and "csrfmiddlewaretoken" not in text


def test_a_count_is_told_with_its_proof_in_words(aming: Client) -> None:
    road = Road()
    page = shared(aming, road.gifts[2])
    road.count(39, at=later(days=3), reason="box_whole|韦老师写的")

    text = read(page)

    assert "这一批该有40床，学校点到39床。这一笔的7床里，6床在。" in text
    assert "6床点清了" in text and "1床少了，正在补" in text and 'class="postmark"' in text
    assert "韦老师写的" not in text


def test_a_large_gift_is_told_in_part(aming: Client) -> None:
    road = Road((3,), boxes=1)
    gift, village = road.gifts[0], road.village
    page = shared(aming, gift)
    for _ in range(13):
        need = factories.need(village.need.appeal, factories.item("雨靴", "双"), wanted=5, reserved=1)
        DonationLine.objects.create(
            donation=gift, charity=village.charity, need_line=need, quantity=1, amount=6_800, directed=6_800
        )

    text = read(page)

    assert "<h1>14样东西</h1>" in text and "另外2样一样在办" in text and text.count('class="route"') == 12
    assert "还要8样别的" in text and text.count("我也捐一样") == 1


def test_the_preview_speaks_the_readers_language(aming: Client) -> None:
    page = shared(aming, Road().gifts[0])
    for language, words in (("zh-hans", "捐给"), ("zh-hant", "捐給"), ("en", "棉被 for 示范小学")):
        text = read(page, language=language)
        title = re.search(r'og:title" content="([^"]*)"', text)
        assert title and words in title[1]
        assert "og:url" not in text and "canonical" not in text


def test_taken_back_it_is_gone_and_the_next_link_is_new(aming: Client) -> None:
    gift = Road((3,), boxes=1).gifts[0]
    old = shared(aming, gift)
    assert shared(aming, gift) == old

    assert press(aming, gift, "end_share") == 302 and press(aming, gift, "end_share") == 302

    assert "分享的人收回了链接" in read(old, 404)
    assert shared(aming, gift) != old and read(old, 404)
    kinds = Entry.objects.filter(kind__startswith="gift.share").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["gift.shared", "gift.share_ended", "gift.shared"]


def test_only_who_opens_the_gift_shares_it(aming: Client) -> None:
    user = factories.user("阿明", mail="aming@example.org")
    gift = Road((3,), boxes=1, donor=user).gifts[0]
    own = reverse("track:share", kwargs={"key": gift.public_id})
    aming.force_login(factories.user("生人"), backend="django.contrib.auth.backends.ModelBackend")
    assert aming.post(own).status_code == 404
    assert Client().post(reverse("track:share", kwargs={"key": "don_1.1.forged"})).status_code == 404
    assert not Share.objects.exists()
    aming.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert aming.post(own).status_code == 302 and Share.objects.exists()


@pytest.mark.parametrize("why", ["unpaid", "among members", "a deployment of members"])
def test_what_is_not_public_is_not_shared(aming: Client, settings: Any, why: str) -> None:
    gift = Road((3,), boxes=1).gifts[0]
    page = shared(aming, gift)
    if why == "unpaid":
        Donation.objects.update(status="expired")
    elif why == "among members":
        Charity.objects.update(mode="directed")
    else:
        settings.MODE = "directed"
    assert read(page, 404)
    press(aming, gift, "end_share")
    press(aming, gift, "share")
    assert not Share.objects.exists()
    own = aming.get(reverse("track:gift", kwargs={"key": key_of(gift)})).content.decode()
    assert "分享这一笔" not in own


def test_a_renewed_private_link_leaves_the_shared_page(aming: Client) -> None:
    gift = Road((3,), boxes=1).gifts[0]
    page = shared(aming, gift)
    Donation.objects.update(link_version=2)
    assert "3床棉被" in read(page)


def test_the_language_is_changed_without_saying_the_address(aming: Client) -> None:
    page = shared(aming, Road((3,), boxes=1).gifts[0])
    chosen = {"language": "en", "next": ""}
    back = aming.post("/choose/", chosen, headers={"referer": f"http://testserver{page}"})
    assert back["Location"] == page
    away = aming.post("/choose/", chosen, headers={"referer": "https://elsewhere.example/x/"})
    assert away["Location"] == "/"
