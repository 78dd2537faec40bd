"""Everybody of a journey, and the books that must be right when it is over."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from backend.donations.queries import reconcile
from backend.timelines.account import account
from tests.journeys.people import Town
from tests.live import LiveStack


def wrong() -> set[str]:
    """What does not add up now; other stories write gifts straight into the tables of this stack."""
    sums = {check.name for check in account().checks if not check.holds}
    return sums | {f"{drift.counter} {drift.subject}" for drift in reconcile()}


@pytest.fixture
def town(live_stack: LiveStack, browser: Browser) -> Iterator[Town]:
    before = wrong()
    yield Town(live_stack, browser)
    for context in browser.contexts:
        context.close()
    assert wrong() <= before, "a journey left the books wrong"
