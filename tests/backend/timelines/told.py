"""Small pieces of Aming's three quilts, to put stories together from."""

from datetime import datetime
from typing import Any

from backend.timelines.fold import tell
from backend.timelines.story import Attempt, Boxed, Fate, Lane, Line, Ordered, Portion, Story, Units
from tests.cast import later
from tests.factories import SCHOOL_HOURS

NUANHE = {"zh-Hans": "示范被服厂"}
DAY_1, DAY_3 = later(days=1), later(days=3)
NORTH = {"zh-Hans": "示范第二被服厂"}


def ordered(quantity: int = 3, **fields: Any) -> Ordered:
    values: dict[str, Any] = {
        "supplier": NUANHE,
        "town": "贵阳",
        "submitted_at": later(hours=1),
        "answered_at": later(hours=5),
        "lane": Lane(1, 3),
        **fields,
    }
    return Ordered(quantity, **values)


def boxed(quantity: int = 3, **fields: Any) -> Boxed:
    values: dict[str, Any] = {"code": "B6", "number": 6, "of": 8, "packed_at": later(days=1), **fields}
    return Boxed(quantity, **values)


def counted(received: int, *, at: datetime = DAY_3, **fields: Any) -> Fate:
    return Fate(at, received, **{"batch": 39, "of_batch": 40, **fields})


def delivered(at: datetime = DAY_3) -> Attempt:
    return Attempt(later(days=3), later(days=3, hours=1), delivered_at=at)


def quilts(*orders: Ordered, quantity: int = 3, **fields: Any) -> Line:
    units = Units(
        quantity,
        6_800,
        quantity * 6_800,
        quantity * 6_800,
        orders=orders,
        **{
            key: fields.pop(key)
            for key in ("released", "reopened", "questions", "sharers", "elsewhere")
            if key in fields
        },
    )
    values: dict[str, Any] = {"bought": (units,), "hours": SCHOOL_HOURS, **fields}
    return Line(
        ref=1,
        names={"zh-Hans": "棉被"},
        units={"zh-Hans": "床"},
        drawing="g-quilt",
        quantity=quantity,
        amount=quantity * 6_800,
        recipient={"zh-Hans": "示范小学"},
        place="者贵村",
        appeal="apl_1",
        **values,
    )


def story(line: Line, *, now: datetime = DAY_1) -> Story:
    return tell(line, paid_at=later(), now=now, zone="Asia/Shanghai")


def standing(line: Line, *, now: datetime = DAY_1) -> list[tuple[str, int, str]]:
    """(state, quantity, made good for) of each portion."""

    def row(portion: Portion) -> tuple[str, int, str]:
        return portion.kind.value, portion.quantity, portion.again.value if portion.again else ""

    return [row(portion) for portion in story(line, now=now).portions]
