"""Aming at the shop in a real browser: with a script and without, in every look, and read aloud."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.live import LiveStack

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def said(page: Page) -> Iterator[list[str]]:
    """What the browser complained about: a refused script or style is an error here."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield complaints
    assert complaints == []


def choose_first(page: Page, stack: LiveStack) -> None:
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": stack.url}])
    page.goto(f"{stack.url}/")
    page.locator(".need__give button").first.click()
    expect(page.locator("h1")).to_have_text("确认这一笔")


def pay_at_the_gateway(page: Page) -> None:
    page.locator("input[name=stands_alone]").check()
    page.locator("button[value=pay]").click()
    page.wait_for_url(lambda url: "/sandbox-gateway/pay/" in url)
    page.locator("button[value=pay]").first.click()


def test_aming_gives_with_one_click_and_the_page_turns_by_itself(
    live_stack: LiveStack, page: Page, said: list[str]
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    choose_first(page, live_stack)
    one = page.locator("[data-total-short]").text_content()
    page.locator("[data-step='1']").first.click()
    expect(page.locator("[data-stepper] input").first).to_have_value("2")
    expect(page.locator("[data-total-short]")).not_to_have_text(str(one))
    pay_at_the_gateway(page)
    page.wait_for_url(lambda url: "/gifts/" in url, timeout=30_000)


def test_aming_gives_without_a_script(live_stack: LiveStack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    choose_first(page, live_stack)
    pay_at_the_gateway(page)
    page.wait_for_url(lambda url: "/gifts/" in url, timeout=30_000)
    context.close()


def test_aming_finds_the_unpaid_gift_again(live_stack: LiveStack, page: Page, said: list[str]) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    choose_first(page, live_stack)
    page.locator("input[name=stands_alone]").check()
    page.locator("button[value=pay]").click()
    page.wait_for_url(lambda url: "/sandbox-gateway/pay/" in url)
    page.locator("button[value=leave]").click()
    expect(page.locator("h1")).to_have_text("付款确认中")

    page.goto(f"{live_stack.url}/")
    banner = page.get_by_role("region", name="没付的")
    expect(banner).to_contain_text("有一笔还没付")
    banner.get_by_role("button", name="去付款").click()
    page.wait_for_url(lambda url: "/sandbox-gateway/pay/" in url)
    page.locator("button[value=pay]").first.click()
    page.wait_for_url(lambda url: "/gifts/" in url, timeout=30_000)
    page.goto(f"{live_stack.url}/give/")
    expect(banner).to_have_count(0)


def look(browser: Browser, theme: str, language: str, size: dict[str, int], url: str) -> BrowserContext:
    context = browser.new_context(viewport=size, color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]
    context.add_cookies([{"name": "django_language", "value": language, "url": url}])
    return context


@pytest.mark.parametrize(
    ("theme", "language", "size"),
    [("light", "zh-hans", PHONE), ("dark", "en", DESK), ("dark", "zh-hant", PHONE)],
)
def test_every_page_can_be_read_by_everybody(
    live_stack: LiveStack, browser: Browser, theme: str, language: str, size: dict[str, int]
) -> None:
    context = look(browser, theme, language, size, live_stack.url)
    page = context.new_page()
    page.goto(f"{live_stack.url}/")
    paths = ["/", "/money/", "/privacy/", "/give/", "/styleguide/", "/no/such/page/"]
    for css in ("article h3 a", ".need__give"):
        found = page.locator(css).first
        address = found.get_attribute("href") or "/give/?need=" + str(
            found.locator("input[name=need]").get_attribute("value")
        )
        paths.append(address)
    for path in paths:
        page.goto(live_stack.url + path)
        report = Axe().run(page, options=RULES)
        assert report.violations_count == 0, f"{path}: {report.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{path} is too wide"
    context.close()
