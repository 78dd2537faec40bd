"""Who supplies what: the cheapest choice of offers for lines, goods and stops together.

A line is broken only at pack boundaries: every part is a whole number of its offer's packs, but for one part
per line, which may carry the odd rest. A stop from a warehouse to a recipient is paid once, whatever it
brings. As much as possible is supplied; among the ways to do that, the cheapest is chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .engine.cpsat import Part, cheapest_parts

Why = Literal["no offer", "price", "area", "stock"]
Lane = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of an item wanted by a recipient, at no more than `ceiling_price` fen each."""

    id: str
    item: str
    quantity: int
    recipient: str
    ceiling_price: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for an item at a warehouse. `free` is the stock not yet promised, None where nobody knows;
    `destinations` are the recipients that it delivers to, None for all."""

    id: str
    item: str
    supplier: str
    warehouse: str
    unit_price: int
    pack_size: int = 1
    free: int | None = None
    destinations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """So many units of a line come from this offer."""

    line: str
    offer: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Unsupplied:
    """Units of a line that nobody can supply, and the first thing in the way: no offer for the item, none
    within the ceiling price, none that delivers there, not enough stock."""

    line: str
    quantity: int
    why: Why


@dataclass(frozen=True, slots=True)
class Supply:
    """The answer: picks in order of lines, what is missing, what it costs, and how it was found."""

    picks: tuple[Pick, ...]
    unsupplied: tuple[Unsupplied, ...]
    goods_amount: int
    stops_amount: int
    method: Literal["cpsat", "greedy"]
    proved: bool  # no cheaper choice exists


def choose(
    lines: Sequence[Line],
    offers: Sequence[Offer],
    stop_prices: Mapping[Lane, int] | None = None,
    *,
    default_stop_price: int = 0,
    seconds: float = 5.0,
    seed: int = 0,
) -> Supply:
    """Offers for every line within `seconds`; `stop_prices` are fen by (warehouse, recipient).

    Never fails for want of time: the greedy choice is always there. Raises ValueError on quantities, pack
    sizes, prices or stock below what makes sense, or on an id that appears twice.
    """
    _refuse_nonsense(lines, offers)
    prices = stop_prices or {}
    task = _Task(lines, offers, prices, default_stop_price)
    greedy = task.greedy()
    found = cheapest_parts(task.parts(), task.stock(), task.stops(), greedy, seconds=seconds, seed=seed)
    if found is None:
        return task.supply(greedy, method="greedy", proved=False)
    return task.supply(found.quantities, method="cpsat", proved=found.proved)


def _refuse_nonsense(lines: Sequence[Line], offers: Sequence[Offer]) -> None:
    for name, ids in (("line", [line.id for line in lines]), ("offer", [offer.id for offer in offers])):
        if len(set(ids)) < len(ids):
            raise ValueError(f"{name} ids must differ")
    for line in lines:
        if line.quantity < 1 or line.ceiling_price < 0:
            raise ValueError(f"line {line.id}: quantity must be at least 1 and the ceiling at least 0")
    for offer in offers:
        if offer.pack_size < 1 or offer.unit_price < 0 or (offer.free is not None and offer.free < 0):
            raise ValueError(f"offer {offer.id}: pack size, price or stock is out of range")


class _Task:
    """Lines and offers joined: one pair per line and offer that may supply it."""

    def __init__(
        self, lines: Sequence[Line], offers: Sequence[Offer], prices: Mapping[Lane, int], default: int
    ) -> None:
        self.lines, self.offers = lines, offers
        self._prices, self._default = prices, default
        by_item: dict[str, list[Offer]] = defaultdict(list)
        for offer in sorted(offers, key=lambda offer: (offer.unit_price, offer.id)):
            by_item[offer.item].append(offer)
        self.by_item = by_item
        self.pairs = [
            (line, offer) for line in lines for offer in by_item[line.item] if _refusal(line, offer) is None
        ]

    def _price(self, lane: Lane) -> int:
        return self._prices.get(lane, self._default)

    def parts(self) -> list[Part]:
        """The pairs for the solver, in the order of `pairs`."""
        return [
            Part(
                line=line.id,
                wanted=line.quantity,
                offer=offer.id,
                pack=offer.pack_size,
                price=offer.unit_price,
                lane=(offer.warehouse, line.recipient),
            )
            for line, offer in self.pairs
        ]

    def stock(self) -> dict[str, int]:
        return {offer.id: offer.free for offer in self.offers if offer.free is not None}

    def stops(self) -> dict[Lane, int]:
        return {part.lane: self._price(part.lane) for part in self.parts()}

    def greedy(self) -> list[int]:
        """Line by line the offer that is cheapest for what is left, its stop included if not yet paid."""
        free = self.stock()
        paid: set[Lane] = set()
        quantities = [0] * len(self.pairs)
        spots: dict[str, list[int]] = defaultdict(list)
        for spot, (line, _) in enumerate(self.pairs):
            spots[line.id].append(spot)
        for line in self.lines:
            self._greedy_line(line, spots[line.id], free, paid, quantities)
        return quantities

    def _greedy_line(
        self, line: Line, spots: list[int], free: dict[str, int], paid: set[Lane], quantities: list[int]
    ) -> None:
        left, odd_used = line.quantity, False
        while left:
            options = []
            for spot in spots:
                offer = self.pairs[spot][1]
                lane = offer.warehouse, line.recipient
                most = min(left, free.get(offer.id, left))
                if quantities[spot] == 0 and most < left and (odd_used or most % offer.pack_size):
                    most -= most % offer.pack_size
                if quantities[spot] or most <= 0:
                    continue
                stop = 0 if lane in paid else self._price(lane)
                options.append(((most * offer.unit_price + stop) / most, spot, most))
            if not options:
                return
            _, spot, most = min(options)
            offer = self.pairs[spot][1]
            if odd_used and most % offer.pack_size:
                most -= most % offer.pack_size
                if most == 0:
                    return
            odd_used = odd_used or most % offer.pack_size > 0
            quantities[spot] = most
            left -= most
            paid.add((offer.warehouse, line.recipient))
            if offer.id in free:
                free[offer.id] -= most

    def supply(
        self, quantities: Sequence[int], *, method: Literal["cpsat", "greedy"], proved: bool
    ) -> Supply:
        """The answer in full, with the reason for every unit that is missing."""
        chosen = [(pair, count) for pair, count in zip(self.pairs, quantities, strict=True) if count]
        got: dict[str, int] = defaultdict(int)
        for (line, _), count in chosen:
            got[line.id] += count
        lanes = {(offer.warehouse, line.recipient) for (line, offer), _ in chosen}
        return Supply(
            picks=tuple(Pick(line.id, offer.id, count) for (line, offer), count in chosen),
            unsupplied=tuple(
                Unsupplied(line.id, line.quantity - got[line.id], self._why(line))
                for line in self.lines
                if got[line.id] < line.quantity
            ),
            goods_amount=sum(offer.unit_price * count for (_, offer), count in chosen),
            stops_amount=sum(self._price(lane) for lane in lanes),
            method=method,
            proved=proved,
        )

    def _why(self, line: Line) -> Why:
        refusals = [_refusal(line, offer) for offer in self.by_item[line.item]]
        if not refusals:
            return "no offer"
        if any(refusal is None for refusal in refusals):
            return "stock"
        return "area" if "area" in refusals else "price"


def _refusal(line: Line, offer: Offer) -> Why | None:
    if offer.unit_price > line.ceiling_price:
        return "price"
    if offer.destinations is not None and line.recipient not in offer.destinations:
        return "area"
    return None
