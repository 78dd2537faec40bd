"""Aming forwards her gift, a stranger looks on, and she takes the link back."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from backend.donations.tokens import gift_token
from tests.journeys.county import County
from tests.journeys.people import Town, press
from tests.live import eventually

pytestmark = pytest.mark.browser


def sees(page: Page, words: str) -> bool:
    """Look again: the page as it stands now says these words."""
    page.reload()
    return page.get_by_text(words).count() > 0


def test_a_gift_is_shared_looked_at_and_taken_back(town: Town) -> None:
    county = County()
    gift, drop = county.on_the_road(3)
    key = gift_token(donation=gift.public_id, link_version=gift.link_version)
    aming, stranger = town.page(), town.page(locale="en-GB")
    said: list[str] = []
    for page in (aming, stranger):
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    aming.goto(reverse("track:gift", kwargs={"key": key}))

    press(aming, "分享")

    link = aming.get_by_label("分享的链接").input_value()
    assert link.startswith(f"{town.stack.url}/s/") and gift.public_id not in link
    assert Axe().run(aming).response["violations"] == []

    stranger.goto(link)
    expect(stranger.get_by_text("3 pcs on the road").first).to_be_visible()
    assert Axe().run(stranger).response["violations"] == []
    for hers in (gift.public_id, "/gifts/", "¥", link.rsplit("/", 2)[1]):
        assert hers not in stranger.content()
    assert said == []

    county.count(drop, 3)
    eventually(lambda: sees(stranger, "counted"), seconds=10)
    stranger.get_by_role("link", name="Give one too").click()
    expect(stranger).to_have_url(f"{town.stack.url}/appeals/{county.appeal.public_id}/")

    press(aming, "收回链接")
    expect(aming.get_by_label("分享的链接")).to_have_count(0)
    stranger.goto(link)
    eventually(lambda: sees(stranger, "This page is gone"), seconds=10)
