"""What an item and an offer may be."""

from enum import StrEnum


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
