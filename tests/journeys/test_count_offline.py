"""Teacher Wei's phone at the gate: no signal for the count, a signal in the evening."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from backend.confirmations.models import Confirmation, Count, Tally
from backend.deliveries.tokens import link_token
from tests.backend.confirmations.stories import Road
from tests.cast import later
from tests.live import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.set_default_timeout(15_000)
    yield context
    context.close()


def address(road: Road, base: str) -> str:
    token = link_token(road.drop.public_id, road.drop.link_version)
    return base + reverse("confirm:count", kwargs={"token": token})


def opened(phone: BrowserContext, url: str) -> Page:
    """Opened once with a signal: the page and its files stay in the phone."""
    page = phone.new_page()
    page.goto(url)
    eventually(lambda: page.evaluate("() => navigator.serviceWorker.controller !== null"))
    eventually(
        lambda: page.evaluate(
            "async () => Boolean(await (await caches.open('count-1')).match(location.href.split('?')[0]))"
        )
    )
    return page


def test_counted_without_a_signal_and_sent_with_one(phone: BrowserContext, live_server: Any) -> None:
    road = Road()
    url = address(road, live_server.url)
    page = opened(phone, url)

    phone.set_offline(True)
    page.reload()
    page.get_by_label("棉被，点到几床").fill("38")
    expect(page.get_by_text("少2床")).to_be_visible()
    page.get_by_text("箱子破了或被打开过").click()
    page.get_by_role("button", name="点好了，发出去").click()
    expect(page.get_by_text("记下了，等信号发出")).to_be_visible()
    expect(page.get_by_text("1条等着发")).to_be_visible()
    assert not Tally.objects.exists()

    page.close()  # the phone goes into a pocket
    page = phone.new_page()
    page.goto(url)
    expect(page.get_by_text("记下了，等信号发出")).to_be_visible()

    phone.set_offline(False)
    expect(page.get_by_role("heading", name="记下了，缺的有人补")).to_be_visible(timeout=15_000)
    count = Count.objects.get()
    assert (count.received, count.missing, count.reason) == (38, 2, "box_open|")
    assert Tally.objects.count() == 1


def test_two_drops_counted_without_a_signal(phone: BrowserContext, live_server: Any) -> None:
    first, second = Road((3,), boxes=1), Road((5,), boxes=1)
    pages = [opened(phone, address(road, live_server.url)) for road in (first, second)]

    phone.set_offline(True)
    for page, n in zip(pages, ("3", "5"), strict=True):
        page.get_by_label("棉被，点到几床").fill(n)
        page.get_by_role("button", name="点好了，发出去").click()
        expect(page.get_by_text("记下了，等信号发出")).to_be_visible()

    phone.set_offline(False)
    for page in pages:
        expect(page.get_by_role("heading", name="都对上了，谢谢")).to_be_visible(timeout=30_000)
    assert Confirmation.objects.count() == 2


def test_a_draft_outlives_the_page(phone: BrowserContext, live_server: Any) -> None:
    road = Road()
    page = opened(phone, address(road, live_server.url))
    page.get_by_label("棉被，点到几床").fill("17")
    page.get_by_text("有坏的、不能用的").click()
    page.get_by_label("写一句怎么坏的").fill("湿了")
    eventually(lambda: page.evaluate("async () => (await window.countStore.all('drafts')).length === 1"))

    page.reload()

    expect(page.get_by_label("棉被，点到几床")).to_have_value("17")
    expect(page.get_by_label("写一句怎么坏的")).to_have_value("湿了")


def test_another_phone_was_faster(phone: BrowserContext, live_server: Any) -> None:
    road = Road()
    page = opened(phone, address(road, live_server.url))
    road.count(39, client_uuid="the other phone", at=later(days=3))

    page.get_by_label("棉被，点到几床").fill("40")
    page.get_by_role("button", name="点好了，发出去").click()

    expect(page.get_by_text("另一部手机先记了")).to_be_visible()
    assert Count.objects.get().received == 39


def test_steppers_draw_zheng_and_nothing_is_against_the_policy(
    phone: BrowserContext, live_server: Any
) -> None:
    road = Road((8,), boxes=1)
    said: list[str] = []
    page = phone.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(address(road, live_server.url))
    for _ in range(8):
        page.get_by_role("button", name="棉被多1床").click()

    assert page.locator("[data-marks] svg").count() == 2
    expect(page.get_by_text("对上了")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert said == []


def test_without_javascript(browser: Browser, live_server: Any) -> None:
    road = Road((8,), boxes=1)
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN"
    )
    page = context.new_page()
    page.goto(address(road, live_server.url))
    page.get_by_label("棉被，点到几床").fill("8")
    page.get_by_role("button", name="点好了，发出去").click()

    expect(page.get_by_role("heading", name="都对上了，谢谢")).to_be_visible()
    assert Count.objects.get().received == 8
    context.close()
