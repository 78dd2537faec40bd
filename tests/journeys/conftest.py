"""Everybody of a journey, and the books that must be right when it is over."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from backend.donations.queries import reconcile
from backend.timelines.account import account
from tests.journeys.people import Town
from tests.live import LiveStack


@pytest.fixture
def town(live_stack: LiveStack, browser: Browser) -> Iterator[Town]:
    yield Town(live_stack, browser)
    for context in browser.contexts:
        context.close()
    assert reconcile() == []
    assert [check for check in account().checks if not check.holds] == []
