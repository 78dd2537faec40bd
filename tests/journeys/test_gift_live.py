"""Aming's page turns by itself, from the real live process, and is right without it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, expect

from backend.donations.models import Donation
from backend.donations.tokens import gift_token
from tests.backend.confirmations.stories import Road
from tests.cast import later
from tests.live import LiveStack

pytestmark = pytest.mark.browser


@pytest.fixture
def aming(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.set_default_timeout(20_000)
    yield context
    context.close()


def address(gift: Donation, base: str) -> str:
    key = gift_token(donation=gift.public_id, link_version=gift.link_version)
    return base + reverse("track:gift", kwargs={"key": key})


def test_the_page_turns_when_the_school_has_counted(live_stack: LiveStack, aming: BrowserContext) -> None:
    road = Road((3,), boxes=1)
    said: list[str] = []
    page = aming.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    with page.expect_response(lambda answer: "/live/gifts/" in answer.url) as opening:
        page.goto(address(road.gifts[0], live_stack.url))
    assert opening.value.status == 200 and opening.value.url.startswith(live_stack.live_url)
    expect(page.get_by_text("3床在路上")).to_be_visible()

    road.count(2, client_uuid=f"phone-{road.drop.pk}", at=later(days=3))

    expect(page.get_by_text("有1床没到")).to_be_visible()
    expect(page.get_by_text("点数，在这里分成两路")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert said == []


def test_the_page_is_right_without_the_live_process(live_stack: LiveStack, aming: BrowserContext) -> None:
    road = Road((3,), boxes=1)
    page = aming.new_page()
    page.route("**/live/**", lambda route: route.abort())
    page.goto(address(road.gifts[0], live_stack.url))
    road.count(3, client_uuid=f"phone-{road.drop.pk}", at=later(days=3))

    page.reload()

    expect(page.locator(".st--counted", has_text="3床点清了")).to_be_visible()
