"""What an item and an offer may be."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise


class ItemKind(StrEnum):
    GOODS = "goods"
    SERVICE = "service"


class Category(StrEnum):
    WARMTH = "warmth"  # 过冬
    FOOD = "food"  # 吃饭
    CLASS = "class"  # 上课
    LODGING = "lodging"  # 住宿
    HYGIENE = "hygiene"  # 卫生
    OTHER = "other"


def packs(quantity: int, pack_size: int) -> int:
    """How many whole packs hold `quantity`."""
    return -(-quantity // pack_size)


Breaks = Sequence[tuple[int, int]]  # (from so many units in one order, price of every unit in fen)


def price_at(units: int, price: int, breaks: Breaks) -> int:
    """What each of so many units in one order costs (fen)."""
    return min((lower for least, lower in breaks if units >= least), default=price)


def breaks_fit(price: int, breaks: object) -> bool:
    """Whether breaks begin at two units or more, rise in units and fall in price, and nothing becomes free."""
    if not isinstance(breaks, list | tuple) or not all(_is_step(step) for step in breaks):
        return False
    steps = [(1, price), *breaks]
    return all(a[0] < b[0] and a[1] >= b[1] > 0 for a, b in pairwise(steps))


def _is_step(step: object) -> bool:
    return isinstance(step, list | tuple) and len(step) == 2 and all(type(part) is int for part in step)
