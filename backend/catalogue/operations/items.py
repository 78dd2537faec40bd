"""Kinds of things."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pypinyin import lazy_pinyin

from backend.catalogue.models import Item
from backend.catalogue.rules import Category, ItemKind
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts


class CodeTaken(Conflicts):
    """Another item has this code."""

    code = "code_taken"


@dataclass(frozen=True)
class NewItem:
    """An item to add: names, units and specs by language, grams and cm3 of one unit as packed."""

    code: str
    names: dict[str, str]
    units: dict[str, str]
    specs: dict[str, str]
    category: Category
    grams: int
    cm3: int
    drawing: str = "g-kit"
    shelf_life_days: int | None = None
    kind: ItemKind = field(default=ItemKind.GOODS)


def sort_key(name: str) -> str:
    """Chinese sorted as it is read: pinyin, without tones (the database has no such collation)."""
    return " ".join(lazy_pinyin(name)).lower()[:160]


def _row(new: NewItem) -> Item:
    return Item(
        code=new.code,
        names=new.names,
        units=new.units,
        specs=new.specs,
        sort_key=sort_key(new.names["zh-Hans"]),
        kind=new.kind.value,
        category=new.category.value,
        drawing=new.drawing,
        grams=new.grams,
        cm3=new.cm3,
        shelf_life_days=new.shelf_life_days,
    )


@own_transaction
def add_items(*, new: Sequence[NewItem], actor: str, at: datetime) -> list[Item]:
    """Own transaction. Add items to the catalogue, all or none. Raises CodeTaken."""
    taken = Item.objects.filter(code__in=[item.code for item in new]).values_list("code", flat=True)
    if taken:
        raise CodeTaken(f"taken: {', '.join(sorted(taken))}", pointer="/code")
    rows = Item.objects.bulk_create([_row(item) for item in new])
    record(
        kind=Kind.ITEMS_ADDED,
        subject="catalogue",
        actor=actor,
        at=at,
        public={"codes": [item.code for item in new]},
    )
    return rows
