"""The whole road in a real browser, by everybody at their own door: a need, a gift, a count, the story."""

import pytest
from playwright.sync_api import Page, expect

from backend.donations.models import Donation, FundedLine
from backend.needs.models import NeedLine
from backend.parties.rules import Role
from backend.shipments.models import Shipment
from tests.journeys.county import County
from tests.journeys.people import Town
from tests.live import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
QUILTS = 40


@pytest.fixture
def county(town: Town) -> County:
    """The school's gate is kept by somebody who reads mail."""
    county = County()
    county.keeper()
    return county


def carried(town: Town, county: County, gift: Donation) -> tuple[Page, Page]:
    """From a paid gift to the gate: packed, planned, driven. The courier's page and the school's."""
    town.accept_and_pack(town.order_of(gift, request_status="submitted"))
    town.plan(county)
    gate = town.gate(town.drop_of(gift))
    return town.drive(county.carrier), gate


def test_from_a_need_to_a_count_that_the_donor_sees_without_asking(town: Town, county: County) -> None:
    donor = town.give(county.need, QUILTS, mail="aming@example.org")
    gift = town.gift_of(donor)
    expect(donor.get_by_role("heading", name="你捐的")).to_be_visible()

    courier, gate = carried(town, county, gift)
    expect(donor.get_by_text("在路上").first).to_be_visible(timeout=30_000)
    town.hand_over(courier, town.code_at(gate))
    expect(courier.get_by_text("跑完了")).to_be_visible()
    gate.reload()
    town.count(gate, QUILTS)
    expect(gate.get_by_role("heading", name="都对上了，谢谢")).to_be_visible()

    expect(donor.locator(".st--counted").first).to_be_visible(timeout=30_000)
    assert NeedLine.objects.get(pk=county.need.pk).received == QUILTS

    assert eventually(
        lambda: [mail for mail in town.letters() if "aming" in mail["To"] and "点清" in mail["Subject"]]
    )


def test_a_road_that_is_shut_is_told_and_tried_again(town: Town, county: County) -> None:
    """Lao Yang cannot get through: the donor reads why, the boxes stand in the next plan."""
    donor = town.give(county.need, QUILTS)
    gift = town.gift_of(donor)
    courier, _ = carried(town, county, gift)
    courier.get_by_role("link", name="走不通").click()
    courier.locator("label", has=courier.locator("input[value=road]")).click()
    courier.get_by_role("button", name="这一站不送了").click()
    expect(courier.get_by_text("跑完了")).to_be_visible()

    expect(donor.get_by_text("下一趟再送").first).to_be_visible(timeout=30_000)
    shipment = Shipment.objects.get(order=town.order_of(gift))
    assert shipment.state in {"ready_for_pickup", "attempted"}
    again = town.signed_in(county.carrier.organisation, Role.DISPATCH)
    again.goto("/dispatch/")
    expect(again.locator(f"input[name=region][value='{county.code}']")).to_have_count(1)


def test_a_short_box_is_said_mended_and_told(town: Town, county: County) -> None:
    donor = town.give(county.need, QUILTS)
    gift = town.gift_of(donor)
    desk = town.accept_and_pack(town.order_of(gift, request_status="submitted"))
    town.hand_to_carrier(desk)
    gate = town.gate(town.drop_of(gift))
    town.count(gate, QUILTS - 1, bad=1)
    expect(gate.get_by_role("heading", name="记下了，缺的有人补")).to_be_visible()

    expect(donor.get_by_text("供应商补，运费他们出").first).to_be_visible(timeout=30_000)
    units = FundedLine.objects.get(fundings__line__donation=gift)
    assert units.reopened == 2, "one missing, one broken"
    again = town.order_of(gift, request_status="submitted")
    assert sum(item.asked for item in again.items.all()) == 2
    assert NeedLine.objects.get(pk=county.need.pk).received == QUILTS - 2
