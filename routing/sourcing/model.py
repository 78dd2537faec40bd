"""The words of sourcing: what is wanted, what is offered, what a way there costs, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Why = Literal["no offer", "price", "area", "stock", "minimum", "barred"]
Because = Literal["only", "stock", "minimum", "break", "shared", "price", "way", "time", "together"]
Lane = tuple[str, str]
Order = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of an item wanted by a recipient, at no more than `ceiling_price` fen each.

    grams: of one unit. buyer: who orders; orders of different buyers are apart. barred: offers that may not be
    asked. days: until it is needed; each unit and day later counts `late_price` fen.
    """

    id: str
    item: str
    quantity: int
    recipient: str
    ceiling_price: int
    grams: int = 0
    buyer: str = ""
    barred: frozenset[str] = frozenset()
    days: int | None = None
    late_price: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for an item at a warehouse. `free` is the stock not yet promised, None where nobody knows;
    `destinations` are the recipients that it delivers to, None for all; `breaks` are (from so many units in one
    order, price of every unit), rising in units and falling in price."""

    id: str
    item: str
    supplier: str
    warehouse: str
    unit_price: int
    pack_size: int = 1
    free: int | None = None
    destinations: frozenset[str] | None = None
    breaks: tuple[tuple[int, int], ...] = ()

    def price_at(self, units: int) -> int:
        """What each of so many units in one order costs."""
        return min((price for least, price in self.breaks if units >= least), default=self.unit_price)


@dataclass(frozen=True, slots=True)
class Terms:
    """What goods from a warehouse to a recipient cost beside their price (fen), and what they ask.

    stop_price: once, whatever it brings; tonne_price: by weight; minimum: goods of one order at least; days: until
    they arrive.
    """

    stop_price: int = 0
    tonne_price: int = 0
    minimum: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Pick:
    """So many units of a line come from this offer."""

    line: str
    offer: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why these units come from this offer, and not from `instead`, the next best one that might.

    saved: the fen by which the choice as a whole would cost more with `instead`. only: nobody else may supply
    them; stock, minimum: nobody else has as many, or asks for so little; break: the price of many; shared: the stop
    is paid by other goods; time: the others come too late; price, way: what saves most; together: alone, `instead`
    would be cheaper, but not with everything else as it is best.
    """

    line: str
    offer: str
    unit_price: int
    why: Because
    instead: str | None = None
    saved: int = 0


@dataclass(frozen=True, slots=True)
class Unsupplied:
    """Units of a line that nobody can supply, and the first thing in the way: no offer for the item, none that may
    be asked, none within the ceiling price, none that delivers there, not enough stock, or too little for an order.
    """

    line: str
    quantity: int
    why: Why


@dataclass(frozen=True, slots=True)
class Supply:
    """The answer: picks in order of lines, what is missing, what it costs, and how it was found.

    ways_amount: by weight; late_amount: what coming too late counts.
    """

    picks: tuple[Pick, ...]
    unsupplied: tuple[Unsupplied, ...]
    goods_amount: int
    stops_amount: int
    method: Literal["cpsat", "greedy"]
    proved: bool  # no cheaper choice exists
    ways_amount: int = 0
    late_amount: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def total(self) -> int:
        return self.goods_amount + self.stops_amount + self.ways_amount + self.late_amount
