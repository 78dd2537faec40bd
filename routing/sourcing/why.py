"""Why these goods come from there: every part of a choice against the next best offer that might have had it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .market import Market
from .model import Because, Lane, Order, Reason


@dataclass(frozen=True, slots=True)
class _Change:
    """What a choice would cost more (fen) with some units taken from another pair."""

    spot: int
    goods: int
    ways: int
    late: int

    @property
    def total(self) -> int:
        return self.goods + self.ways + self.late


def reasons(market: Market, units: Sequence[int]) -> tuple[Reason, ...]:
    """One per part of the choice, in the order of the pairs."""
    asked = _Asked(market, units)
    return tuple(asked.reason(spot) for spot, count in enumerate(units) if count)


class _Asked:
    def __init__(self, market: Market, units: Sequence[int]) -> None:
        self.market, self.units = market, list(units)
        self.used: dict[str, int] = defaultdict(int)
        self.by_order: dict[Order, list[int]] = defaultdict(list)
        self.brought: dict[Lane, int] = defaultdict(int)  # parts by lane
        for spot, count in enumerate(units):
            self.by_order[market.order[spot]].append(spot)
            if count:
                self.used[market.pairs[spot][1].id] += count
                self.brought[market.order[spot][:2]] += 1
        self.free = market.stock()

    def reason(self, spot: int) -> Reason:
        line, offer = self.market.pairs[spot]
        order = self.market.order[spot]
        count = sum(self.units[s] for s in self.by_order[order] if self.market.pairs[s][1] is offer)
        price = offer.price_at(count)
        others = [other for other in self.market.spots[line.id] if other != spot]
        if not others:
            return Reason(line.id, offer.id, price, "only")
        enough = [other for other in others if self._enough(other, self.units[spot])]
        if not enough:
            return Reason(line.id, offer.id, price, "stock", self._name(others[0]))
        changes = [change for other in enough if (change := self._change(spot, other)) is not None]
        if not changes:
            return Reason(line.id, offer.id, price, "minimum", self._name(enough[0]))
        best = min(changes, key=lambda change: (change.total, change.spot))
        return Reason(
            line.id, offer.id, price, self._why(spot, price, best), self._name(best.spot), max(0, best.total)
        )

    def _name(self, spot: int) -> str:
        return self.market.pairs[spot][1].id

    def _enough(self, spot: int, count: int) -> bool:
        offer = self.market.pairs[spot][1].id
        return offer not in self.free or self.free[offer] - self.used[offer] >= count

    def _change(self, spot: int, other: int) -> _Change | None:
        """None where an order would fall under its minimum."""
        market, count = self.market, self.units[spot]
        orders = {market.order[spot], market.order[other]}
        spots = [s for order in orders for s in self.by_order[order]]
        before = market.goods(spots, self.units)
        self.units[spot], self.units[other] = 0, self.units[other] + count
        after = market.goods(spots, self.units)
        self.units[spot], self.units[other] = count, self.units[other] - count
        if any(amount < market.minimum(order) for order, amount in after.items()):
            return None
        here, there = market.order[spot][:2], market.order[other][:2]
        ways = count * (market.freight(other) - market.freight(spot))
        if here != there:
            ways += 0 if self.brought[there] else market.terms(there).stop_price
            ways -= market.terms(here).stop_price if self.brought[here] == 1 else 0
        late = count * (market.lateness(other) - market.lateness(spot))
        return _Change(other, sum(after.values()) - sum(before.values()), ways, late)

    def _why(self, spot: int, price: int, best: _Change) -> Because:
        if best.total < 0:
            return "together"
        largest = max(best.goods, best.ways, best.late)
        if best.late == largest > 0:
            return "time"
        if best.goods == largest:
            return "break" if price < self.market.pairs[spot][1].unit_price else "price"
        return "shared" if self.brought[self.market.order[spot][:2]] > 1 else "way"
