"""The whole road in a real browser, by everybody at their own door: a need, a gift, a count, the story."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.deliveries.models import Plan
from backend.donations.models import Donation, FundedLine
from backend.donations.queries import reconcile
from backend.needs.models import NeedLine
from backend.timelines.account import account
from tests.journeys.people import COUNTY, Town, heavy_need
from tests.live import LiveStack, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def town(live_stack: LiveStack, browser: Browser) -> Any:
    town = Town(live_stack, browser)
    yield town
    for context in browser.contexts:
        context.close()
    assert reconcile() == []
    assert account().sound


def carried(town: Town, gift: Donation) -> tuple[Page, Page]:
    """From a paid gift to the gate: packed, planned, driven. The courier's page and the school's."""
    order = town.order_of(gift, request_status="submitted")
    town.accept_and_pack(order)
    carrier = (
        Plan._meta.get_field("carrier").related_model.objects.filter(own_fleet=True).order_by("pk").first()
    )
    assert carrier is not None
    plan = town.plan(carrier.organisation)

    gate = town.gate(town.drop_of(gift))
    return town.drive(carrier.organisation, plan), gate


def test_from_a_need_to_a_count_that_the_donor_sees_without_asking(town: Town) -> None:
    need, quantity = heavy_need()
    assert need.recipient.site.county_code == COUNTY
    town.keeper(need)
    donor = town.give(need, quantity, mail="aming@example.org")
    gift = town.gift_of(donor)
    expect(donor.get_by_role("heading", name="你捐的")).to_be_visible()

    courier, gate = carried(town, gift)
    expect(donor.get_by_text("在路上").first).to_be_visible(timeout=30_000)
    town.hand_over(courier, town.code_at(gate))
    expect(courier.get_by_text("跑完了")).to_be_visible()
    gate.reload()
    town.count(gate, quantity)
    expect(gate.get_by_role("heading", name="都对上了，谢谢")).to_be_visible()

    expect(donor.locator(".st--counted").first).to_be_visible(timeout=30_000)
    assert NeedLine.objects.get(pk=need.pk).received == quantity

    assert eventually(
        lambda: [mail for mail in town.letters() if "aming" in mail["To"] and "点清" in mail["Subject"]]
    )


def test_a_short_box_is_said_mended_and_told(town: Town) -> None:
    need, quantity = heavy_need(skip=1)
    town.keeper(need)
    donor = town.give(need, quantity)
    gift = town.gift_of(donor)
    courier, gate = carried(town, gift)
    town.hand_over(courier, town.code_at(gate))
    gate.reload()
    town.count(gate, quantity - 1, bad=1)
    expect(gate.get_by_role("heading", name="记下了，缺的有人补")).to_be_visible()

    expect(donor.get_by_text("供应商补，运费他们出").first).to_be_visible(timeout=30_000)
    units = FundedLine.objects.get(fundings__line__donation=gift)
    assert units.reopened == 2, "one missing, one broken"
    again = town.order_of(gift, request_status="submitted")
    assert sum(item.asked for item in again.items.all()) == 2
    assert NeedLine.objects.get(pk=need.pk).received == quantity - 2
