"""A stranger gives one thing, does nothing else, and sees it arrive: everybody else acts by themselves."""

import sys
from collections.abc import Iterator

import pytest
from django.db.models import F
from playwright.sync_api import expect

from backend.config.services.children import Child
from backend.needs.models import NeedLine
from tests.journeys.people import Town
from tests.live import BASE_DIR, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def told(town: Town) -> Iterator[Child]:
    """`play`, which tells its story into a log."""
    command = [sys.executable, "-m", "backend", "play", "--pace", "0", "--language", "zh-hans"]
    playing = Child("play", command, town.stack.folder / "log" / "play.log", town.stack.env, cwd=BASE_DIR)
    playing.start()
    eventually(lambda: "都到位了" in playing.log.read_text())
    yield playing
    playing.stop()


def test_a_stranger_gives_and_sees_it_arrive(town: Town, told: Child) -> None:
    needs = NeedLine.objects.filter(appeal__number__startswith="需-示范", reserved__lt=F("wanted"))
    need = needs.filter(appeal__state="live", stopped_at=None).order_by("pk").first()
    assert need is not None
    donor = town.give(need)
    expect(donor.locator(".st--counted").first).to_be_visible(timeout=120_000)

    eventually(lambda: "点了" in told.log.read_text())
    story = told.log.read_text()
    acts = ["捐赠人付了", "发给供应商", "供应商接了单", "供应商装好了", "可以来取", "调度请人算", "点了"]
    places = [story.find(act) for act in acts]
    assert -1 not in places and places == sorted(places), story
    told.ask_to_stop()
    assert told.process is not None and told.process.wait(20) == 0
