"""The simple rule: line by line the offer that is cheapest for what is left, its stop included if not yet paid.

It looks neither at price breaks nor ahead, but always answers, and keeps every rule.
"""

from __future__ import annotations

from .market import Market
from .model import Lane, Line, Order


def greedy(market: Market) -> list[int]:
    """Units per pair. Orders that stay under their minimum are given up, the shortest first, and all begins anew."""
    given_up: set[Order] = set()
    while True:
        units = _Round(market, given_up).units()
        goods = market.goods(range(len(units)), units)
        short = {order: market.minimum(order) - amount for order, amount in goods.items()}
        worst = max(short, key=lambda order: (short[order], order), default=None)
        if worst is None or short[worst] <= 0:
            return units
        given_up.add(worst)


class _Round:
    def __init__(self, market: Market, given_up: set[Order]) -> None:
        self.market, self.given_up = market, given_up
        self.free = market.stock()
        self.paid: set[Lane] = set()
        self.quantities = [0] * len(market.pairs)

    def units(self) -> list[int]:
        for line in self.market.lines:
            self._line(line)
        return self.quantities

    def _line(self, line: Line) -> None:
        left, odd_used = line.quantity, False
        while left:
            options = [
                option
                for spot in self.market.spots[line.id]
                if (option := self._option(spot, left, odd_used)) is not None
            ]
            if not options:
                return
            _, spot, most = min(options)
            offer = self.market.pairs[spot][1]
            odd_used = odd_used or most % offer.pack_size > 0
            self.quantities[spot] = most
            left -= most
            self.paid.add((offer.warehouse, line.recipient))
            if offer.id in self.free:
                self.free[offer.id] -= most

    def _option(self, spot: int, left: int, odd_used: bool) -> tuple[float, int, int] | None:
        """(fen per unit, pair, units) of the most that a pair can do for what is left of its line."""
        market = self.market
        if self.quantities[spot] or market.order[spot] in self.given_up:
            return None
        _, offer = market.pairs[spot]
        most = min(left, self.free.get(offer.id, left))
        if odd_used or (most < left and most % offer.pack_size):
            most -= most % offer.pack_size
        if most <= 0:
            return None
        lane = market.order[spot][:2]
        stop = 0 if lane in self.paid else market.terms(lane).stop_price
        return (most * (offer.unit_price + market.extra[spot]) + stop) / most, spot, most
