"""Kept pages in a real browser: the same for everybody, and still one's own basket and the newest numbers."""

from django.utils import timezone
from playwright.sync_api import Browser, expect

from backend.donations.operations import DonorDetail, GiftLine, place
from backend.needs.queries import open_appeals
from tests.journeys.people import Town, press
from tests.live import LiveStack


def test_a_kept_page_shows_ones_own_basket_and_moves_by_itself(
    live_stack: LiveStack, browser: Browser
) -> None:
    town = Town(live_stack, browser)
    appeals = open_appeals(at=timezone.now(), limit=40)
    need = max((need for appeal in appeals for need in appeal.needs), key=lambda card: card.left)
    aming, stranger = town.page(), town.page()
    aming.goto(f"/give/?need={need.public_id}")
    press(aming, "先放着，再挑几样")
    expect(aming.locator("[data-here=basket]")).to_have_text("篮子1样")
    stranger.goto("/")
    expect(stranger.locator("[data-here=basket]")).to_have_text("篮子")
    aming.goto(f"/appeals/{need.appeal}/")
    stands = aming.locator(f"[data-need={need.public_id}] .need__left b").first
    before = int(stands.inner_text().replace(",", ""))
    place(
        client="visitor:stranger",
        key=f"crowd-{timezone.now().timestamp()}",
        lines=[GiftLine(need.public_id, 1, need.unit_price)],
        donor=DonorDetail(),
        actor="visitor:stranger",
        at=timezone.now(),
    )
    expect(stands).to_have_text(f"{before - 1:,}", timeout=30_000)
