"""A replay tells how far it is, also where no bars can move."""

import io
import threading
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from backend.interfaces.jobs.replay import watch
from backend.timelines.account import Goods

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOTHING = Goods(**{field.name: 0 for field in fields(Goods)})
BEFORE = replace(NOTHING, to_supply=10, ordered=10, shipped=10, counted=8)
NOW = replace(NOTHING, to_supply=1_350, waiting_for_donor=5, ordered=1_310, shipped=60, counted=8)


def test_a_log_gets_a_line_with_what_this_replay_moved() -> None:
    told, looks = io.StringIO(), iter([BEFORE, NOW])
    with watch.Watch(Console(file=told), 1_000, lambda: next(looks), lambda: AT) as seen:
        for _ in range(3):
            seen.visited()
    assert (
        told.getvalue()
        == "08:00:00 UTC  来捐的人 3/1,000  下了单，件 1,300/1,335  装了箱，件 50/1,335  点了数，件 0/1,337\n"
    )


def test_it_looks_by_itself_while_others_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LINE_SECONDS", 0.01)
    looked, again = [], threading.Event()

    def look() -> Goods:
        looked.append(NOW)
        if len(looked) == 4:
            again.set()
        return NOW

    told = io.StringIO()
    with watch.Watch(Console(file=told), 1, look, lambda: AT):
        assert again.wait(10)
    assert told.getvalue().count("08:00:00 UTC") >= 3
