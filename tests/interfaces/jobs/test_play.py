"""What the terminal says while the demonstration's people act, and that two commands never act at once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from backend.interfaces.jobs.demo import stage
from backend.interfaces.jobs.play.story import Books, line
from backend.journal.queries import Fact

BOOKS = Books(
    {"W001": {"zh-Hans": "棉被", "en": "Cotton quilt"}},
    lambda drop: {"zh-Hans": "示范小学", "en": "Demonstration school"} if drop == "drp_1" else {},
)


def fact(kind: str, subject: str = "x:drp_1", **public: Any) -> Fact:
    return Fact(1, "ent_1", kind, subject, "", "", datetime(2026, 11, 24, tzinfo=UTC), public, None)


@pytest.mark.parametrize(
    ("told", "chinese", "english"),
    [
        (fact("gift.paid", amount=6_800), "¥68", "paid ¥68"),
        (
            fact("order.sent", number="D1", items=[{"item": "W001", "asked": 2}, {"item": "X", "asked": 1}]),
            "2 × 棉被, 1 × X",
            "2 × Cotton quilt, 1 × X",
        ),
        (fact("order.answered", number="D1", items=[{"accepted": 2, "backordered": 1}]), "3件", "pieces: 3"),
        (
            fact("order.answered", number="D1", items=[{"accepted": 0, "backordered": 0}]),
            "没有接",
            "declines",
        ),
        (fact("shipment.packed", number="Y1", parcels=["a", "b"]), "2箱", "boxes: 2"),
        (fact("plan.released", routes=[]), "不派专车", "no vehicle"),
        (fact("plan.released", routes=["r"]), "1条路", "routes: 1"),
        (fact("drop.expected", by="carrier"), "示范小学的箱子走普通快递", "common carrier"),
        (fact("stop.arrived", drops=["drp_1"]), "司机到了示范小学", "at Demonstration school"),
        (fact("drop.confirmed", received=2, missing=0), "都对上了", "2 received, all there"),
        (fact("drop.confirmed", received=2, missing=1, damaged=1), "坏的2件", "2 missing or broken"),
    ],
)
def test_one_line_an_act_in_two_languages(told: Fact, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert chinese in line(told, BOOKS)
    with translation.override("en"):
        assert english in line(told, BOOKS)


@pytest.mark.parametrize(
    "silent",
    [
        fact("letter.sent"),
        fact("drop.expected", by="route"),
        fact("stop.arrived", drops=[]),
        fact("who.knows"),
    ],
)
def test_what_moves_nothing_is_not_told(silent: Fact) -> None:
    assert line(silent, BOOKS) == ""


def test_two_commands_never_act_at_once(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with stage.taken(wait=True) as first, stage.taken(wait=False) as second:
        assert (first, second) == (True, False)
    with stage.taken(wait=False) as later:
        assert later


def test_a_pace_below_nothing_is_refused() -> None:
    with pytest.raises(CommandError, match="--pace from 0"):
        call_command("play", "--pace", "-1")
