"""The joint problem of one day: who supplies what, what goes today, and by which routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..problem import Problem, Refused
from ..problem.codec import Range

Count = Annotated[int, Range(0, 10**9)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an item for a recipient (a location of the ground). `waited` in days; `due` days from today."""

    id: str
    item: str
    recipient: str
    quantity: Annotated[int, Range(1, 10**6)]
    ceiling_price: Count
    waited: Count = 0
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    grams: Count
    cm3: Count


@dataclass(frozen=True, slots=True)
class Sold:
    """An offer of a warehouse (a location of the ground)."""

    id: str
    item: str
    warehouse: str
    unit_price: Count
    pack_size: Annotated[int, Range(1, 10**6)] = 1
    stock: Count | None = None


@dataclass(frozen=True, slots=True)
class Joint:
    """`ground` has places, vehicles and roads; its jobs are one visit per recipient, which say when it is open
    and how long unloading takes. A carrier takes base_price + kg_price per kilogram."""

    ground: Problem
    lines: tuple[Wanted, ...]
    items: tuple[Item, ...]
    offers: tuple[Sold, ...]
    base_price: Count
    kg_price: Count
    name: str = ""

    def __post_init__(self) -> None:
        places = {place.id for place in self.ground.locations}
        visits = {job.id for job in self.ground.jobs}
        items = {item.id for item in self.items}
        for number, line in enumerate(self.lines):
            if line.recipient not in visits or line.item not in items:
                raise Refused(f"lines[{number}]", "no visit in ground.jobs, or no such item")
        for number, offer in enumerate(self.offers):
            if offer.warehouse not in places or offer.item not in items:
                raise Refused(f"offers[{number}]", "no such warehouse or item")
