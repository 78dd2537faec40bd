"""Lines and offers joined, and what any choice among them costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .model import Lane, Line, Offer, Order, Terms, Why

GRAMS_PER_TONNE = 1_000_000


class Market:
    """One pair per line and offer that may supply it; a choice is units by pair."""

    def __init__(
        self,
        lines: Sequence[Line],
        offers: Sequence[Offer],
        prices: Mapping[Lane, int],
        default: int = 0,
        terms: Mapping[Lane, Terms] | None = None,
    ) -> None:
        self.lines, self.offers = lines, offers
        self._prices, self._default, self._terms = prices, default, terms or {}
        by_item: dict[str, list[Offer]] = defaultdict(list)
        for offer in sorted(offers, key=lambda offer: (offer.unit_price, offer.id)):
            by_item[offer.item].append(offer)
        self.by_item = by_item
        self.pairs = [
            (line, offer) for line in lines for offer in by_item[line.item] if refusal(line, offer) is None
        ]
        self.spots: dict[str, list[int]] = defaultdict(list)
        for spot, (line, _) in enumerate(self.pairs):
            self.spots[line.id].append(spot)
        self.extra = [self.freight(spot) + self.lateness(spot) for spot in range(len(self.pairs))]
        self.order = [(offer.warehouse, line.recipient, line.buyer) for line, offer in self.pairs]

    def terms(self, lane: Lane) -> Terms:
        known = self._terms.get(lane)
        return known or Terms(self._prices.get(lane, self._default))

    def freight(self, spot: int) -> int:
        """Fen per unit for its weight."""
        line, offer = self.pairs[spot]
        price = self.terms((offer.warehouse, line.recipient)).tonne_price
        return (2 * line.grams * price + GRAMS_PER_TONNE) // (2 * GRAMS_PER_TONNE)

    def lateness(self, spot: int) -> int:
        """Fen per unit for coming after it is needed."""
        line, offer = self.pairs[spot]
        if line.days is None:
            return 0
        return line.late_price * max(0, self.terms((offer.warehouse, line.recipient)).days - line.days)

    def stock(self) -> dict[str, int]:
        return {offer.id: offer.free for offer in self.offers if offer.free is not None}

    def minimum(self, order: Order) -> int:
        return self.terms(order[:2]).minimum

    def goods(self, spots: Iterable[int], units: Sequence[int]) -> dict[Order, int]:
        """Fen by order for some pairs of a choice, each offer at the price of so many."""
        together: dict[tuple[Order, Offer], int] = defaultdict(int)
        for spot in spots:
            if units[spot]:
                together[self.order[spot], self.pairs[spot][1]] += units[spot]
        goods: dict[Order, int] = defaultdict(int)
        for (order, offer), count in together.items():
            goods[order] += count * offer.price_at(count)
        return goods

    def stops(self, units: Sequence[int]) -> int:
        lanes = {self.order[spot][:2] for spot, count in enumerate(units) if count}
        return sum(self.terms(lane).stop_price for lane in lanes)


def refusal(line: Line, offer: Offer) -> Why | None:
    if offer.id in line.barred:
        return "barred"
    if offer.unit_price > line.ceiling_price:
        return "price"
    if offer.destinations is not None and line.recipient not in offer.destinations:
        return "area"
    return None
