"""Aming's page turns by itself, from the real live process, and is right without it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from backend.donations.models import Donation
from backend.donations.tokens import gift_token
from tests.journeys.county import County
from tests.journeys.people import Town

pytestmark = pytest.mark.browser


def address(gift: Donation, base: str) -> str:
    key = gift_token(donation=gift.public_id, link_version=gift.link_version)
    return base + reverse("track:gift", kwargs={"key": key})


def test_the_page_turns_when_the_school_has_counted(town: Town) -> None:
    county = County()
    gift, drop = county.on_the_road(3)
    said: list[str] = []
    page = town.page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    with page.expect_response(lambda answer: "/live/gifts/" in answer.url) as opening:
        page.goto(address(gift, town.stack.url))
    assert opening.value.status == 200 and opening.value.url.startswith(town.stack.live_url)
    expect(page.get_by_text("3床在路上")).to_be_visible()

    county.count(drop, 2)

    expect(page.get_by_text("有1床没到")).to_be_visible()
    expect(page.get_by_text("点数，在这里分成两路")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert said == []


def test_the_page_is_right_without_the_live_process(town: Town) -> None:
    county = County()
    gift, drop = county.on_the_road(3)
    page = town.page()
    page.route("**/live/**", lambda route: route.abort())
    page.goto(address(gift, town.stack.url))
    county.count(drop, 3)

    page.reload()

    expect(page.locator(".st--counted", has_text="3床点清了")).to_be_visible()
