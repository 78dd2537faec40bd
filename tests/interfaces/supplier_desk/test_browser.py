"""The desk in a real browser: it fits a phone, works without JavaScript, and axe finds nothing."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from backend.catalogue.models import Stock
from backend.parties.rules import Role
from backend.supplier_orders.models import SupplierOrder
from tests.backend.supplier_orders.stories import answer, gift, packed, pull
from tests.cast import later
from tests.factories import Village, item, member, need, offer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(390, 844), (1280, 900)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def village() -> Village:
    """Quilts, rice that expires, lamps: three orders, one of each kind of work."""
    village = Village()
    rice = item(
        "大米", "袋", grams=10_000, cm3=14_000, category="food", drawing="g-rice", shelf_life_days=300
    )
    lamp = item("充电台灯", "盏", grams=600, cm3=3_000, category="class", drawing="g-lamp")
    needs = {"quilt": village.need}
    for name, what in (("rice", rice), ("lamp", lamp)):
        offer(what, village.supplier, village.warehouse, price=4_900, stock=2)
        needs[name] = need(village.appeal, what, price=5_200)
    for name, quantity in (("quilt", 36), ("rice", 5), ("lamp", 12)):
        village.need = needs[name]
        gift(village, quantity)
    return village


@pytest.fixture
def orders(village: Village) -> dict[str, SupplierOrder]:
    (asked,) = pull().orders
    found = {"asked": asked}
    for name, hour in (("taken", 2), ("packed", 3)):
        gift(village, 4)
        (found[name],) = pull(later(hours=hour)).orders
        answer(found[name])
    found["shipment"] = packed(found["packed"], 2, 2)
    Stock.objects.filter(warehouse=village.warehouse, item__category="class").update(on_hand=0)
    return found


@pytest.fixture(autouse=True)
def browser_goes_home(browser: Browser) -> Iterator[None]:
    """An open page keeps a server's thread, and that its connection to the database."""
    yield
    for context in browser.contexts:
        context.close()


def opened(browser: Browser, live_server: Any, village: Village, **context: Any) -> Page:
    client = Client()
    client.force_login(member("老周", village.supplier.organisation, Role.DESK))
    page = browser.new_context(**context).new_page()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    return page


def paths(orders: dict[str, Any]) -> dict[str, str]:
    return {
        "desk": "/desk/",
        "answer": f"/desk/orders/{orders['asked'].public_id}/",
        "pack": f"/desk/orders/{orders['taken'].public_id}/?boxes=2",
        "packed": f"/desk/orders/{orders['packed'].public_id}/",
        "labels": f"/desk/shipments/{orders['shipment'].public_id}/labels/",
        "stock": "/desk/stock/",
    }


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_page_fits_reads_and_is_accessible(
    browser: Browser, live_server: Any, village: Village, orders: dict[str, Any], locale: str
) -> None:
    shots = os.environ.get("ZS_SHOTS")
    for width, height in SIZES:
        page = opened(
            browser, live_server, village, locale=locale, viewport={"width": width, "height": height}
        )
        for name, path in paths(orders).items():
            assert page.goto(live_server.url + path).ok, path
            for more in page.locator("details").all():
                more.evaluate("more => more.open = true")
            if shots:
                page.screenshot(path=Path(shots) / f"{name}-{width}-{locale}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            found = Axe().run(page, options={"runOnly": RULES})
            assert found.violations_count == 0, (name, width, found.generate_report())


def test_an_order_goes_its_way_without_javascript(
    browser: Browser, live_server: Any, village: Village, orders: dict[str, Any]
) -> None:
    page = opened(
        browser, live_server, village, locale="zh-CN", java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    page.goto(live_server.url + "/desk/")
    page.get_by_role("button", name="都能送").first.click()
    page.get_by_label("最早哪天过期").fill("2099-01-01")
    page.get_by_role("button", name="装1箱").click()
    page.get_by_role("button", name="可以来取").click()
    page.get_by_text("等车来取").wait_for()
    page.get_by_role("link", name="打箱签").click()
    expect(page.locator(".label")).to_have_count(1)


def test_labels_print_on_one_a6_page_each(
    browser: Browser, live_server: Any, village: Village, orders: dict[str, Any], tmp_path: Path
) -> None:
    page = opened(browser, live_server, village, locale="zh-CN")
    page.goto(live_server.url + paths(orders)["labels"])
    pdf = page.pdf(path=os.environ.get("ZS_SHOTS", str(tmp_path)) + "/labels.pdf", prefer_css_page_size=True)
    assert pdf.count(b"/Count 2") == 1
    assert b"/MediaBox [0 0 297" in pdf or b"/MediaBox [0 0 298" in pdf  # 105 mm in points
