"""The window to the sourcing mathematics: due funded lines become a choice of offers, and orders.

Decides over units that no supplier holds; routing.sourcing says which choice is cheapest, stops included.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from backend.donations import operations as donations
from backend.donations.queries import DueLine, due_lines
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.operations import order_goods
from backend.supplier_orders.queries import (
    Supply,
    declined_offers,
    last_suppliers,
    realms,
    supplies,
)
from backend.supplier_orders.rules import Choice
from routing import sourcing

SECONDS = 2.0  # for one group of lines; the greedy choice stands when the time is out


@dataclass(frozen=True)
class Sourced:
    """What one pull did: funded lines looked at, orders sent, lines whose donors were asked."""

    looked: int
    orders: list[SupplierOrder]
    asked: list[int]


@dataclass(frozen=True)
class Market:
    """What a choice looks at: offers that deliver there, who declined or last sent a line's goods, realms."""

    offers: Sequence[Supply]
    declined: Mapping[int, Collection[int]]
    last: Mapping[int, tuple[int, int]]
    realms: Mapping[int, str]

    def banned(self, line: DueLine) -> frozenset[int]:
        return frozenset(self.declined.get(line.funded_line_id, ()))

    def open_to(self, line: DueLine) -> list[Supply]:
        """The offers that may be asked for this line and all of its group."""
        return [
            offer
            for offer in self.offers
            if offer.realm == self.realms[line.charity_id]
            and offer.charity in (None, line.charity_id)
            and offer.currency == line.currency
            and offer.offer not in self.banned(line)
        ]


def pull_due(*, at: datetime, actor: str, limit: int = 200) -> Sourced:
    """Own transactions. Order what is due of up to `limit` funded lines, oldest gift first.

    What nobody may supply at or under the ceiling is asked of the donors. Two workers may pull at once:
    units are claimed by conditional update, a question is asked once.
    """
    lines = due_lines(at=at, limit=limit)
    if not lines:
        return Sourced(0, [], [])
    ids = [line.funded_line_id for line in lines]
    offers = supplies(
        items={line.item_id for line in lines}, recipients={line.recipient_id for line in lines}, at=at
    )
    market = Market(
        offers,
        declined_offers(funded_lines=ids),
        last_suppliers(funded_lines=ids),
        realms(charities={line.charity_id for line in lines}),
    )
    choices, left = choose(lines, market)
    orders = order_goods(choices=choices, actor=actor, at=at)
    asked = [line for line, units in sorted(left.items()) if _ask(line, units, actor, at)]
    return Sourced(len(lines), orders, asked)


def _ask(line: int, units: int, actor: str, at: datetime) -> bool:
    """Ask the donor about units that nobody may supply; False when another worker was faster."""
    try:
        with transaction.atomic():
            donations.ask(funded_line=line, quantity=units, actor=actor, at=at)
    except donations.NotDue:
        return False
    return True


def choose(lines: Sequence[DueLine], market: Market) -> tuple[list[Choice], dict[int, int]]:
    """Offers for `lines`, and by line the units that nobody supplies.

    What came short or broken goes first to the supplier who sent it, at its cost, unless it declined.
    Where no known stock suffices an offer is asked all the same: its supplier confirms or declines.
    """
    choices = _made_good(lines, market)
    open_units = _left(lines, choices)
    for stock_counts in (True, False):
        for group in _groups(lines, open_units, market):
            choices += _solve(group, open_units, market, stock_counts=stock_counts)
        open_units = _left(lines, choices)
    return _joined(choices), {line: units for line, units in open_units.items() if units}


def _left(lines: Iterable[DueLine], choices: Iterable[Choice]) -> dict[int, int]:
    left = {line.funded_line_id: line.quantity for line in lines}
    for choice in choices:
        left[choice.funded_line] -= choice.quantity
    return left


def _made_good(lines: Iterable[DueLine], market: Market) -> list[Choice]:
    """Replacements by the supplier who sent the goods, where it still offers the item there."""
    open_offers = {(offer.offer, offer.recipient) for offer in market.offers}
    made_good = []
    for line in lines:
        order_line, offer = market.last.get(line.funded_line_id, (0, 0))
        if (
            line.replacement_quantity
            and (offer, line.recipient_id) in open_offers
            and offer not in market.banned(line)
        ):
            made_good.append(
                Choice(line.funded_line_id, offer, line.replacement_quantity, order_line, replacement=True)
            )
    return made_good


def _groups(lines: Iterable[DueLine], open_units: Mapping[int, int], market: Market) -> list[list[DueLine]]:
    """Open lines by charity and by the offers that they may no longer ask: each group is one choice."""
    groups: dict[tuple[int, frozenset[int]], list[DueLine]] = {}
    for line in lines:
        if open_units[line.funded_line_id]:
            key = (line.charity_id, market.banned(line))
            groups.setdefault(key, []).append(line)
    return list(groups.values())


def _solve(
    group: Sequence[DueLine],
    open_units: Mapping[int, int],
    market: Market,
    *,
    stock_counts: bool,
) -> list[Choice]:
    open_to = market.open_to(group[0])
    wanted = [
        sourcing.Line(
            str(line.funded_line_id),
            str(line.item_id),
            open_units[line.funded_line_id],
            str(line.recipient_id),
            line.ceiling_price,
        )
        for line in group
    ]
    answer = sourcing.choose(
        wanted,
        _offers(open_to, stock_counts=stock_counts),
        {(str(offer.warehouse), str(offer.recipient)): offer.stop_price for offer in open_to},
        seconds=SECONDS,
    )
    replaced = {
        line.funded_line_id: market.last[line.funded_line_id][0]
        for line in group
        if line.replacement_quantity and line.funded_line_id in market.last
    }
    return [
        Choice(int(pick.line), int(pick.offer), pick.quantity, replaced.get(int(pick.line)))
        for pick in answer.picks
    ]


def _offers(supplies: Iterable[Supply], *, stock_counts: bool) -> list[sourcing.Offer]:
    """The offers as the mathematics wants them: one each, with the recipients it delivers to."""
    found: dict[int, sourcing.Offer] = {}
    for supply in supplies:
        offer = found.setdefault(
            supply.offer,
            sourcing.Offer(
                id=str(supply.offer),
                item=str(supply.item),
                supplier=str(supply.supplier),
                warehouse=str(supply.warehouse),
                unit_price=supply.unit_price,
                pack_size=supply.pack_size,
                free=max(supply.free, 0) if stock_counts and supply.free is not None else None,
                destinations=frozenset(),
            ),
        )
        destinations = (offer.destinations or frozenset()) | {str(supply.recipient)}
        found[supply.offer] = replace(offer, destinations=destinations)
    return list(found.values())


def _joined(choices: Iterable[Choice]) -> list[Choice]:
    """One choice per line and offer (a replacement stays apart)."""
    joined: dict[tuple[int, int, bool], Choice] = {}
    for choice in choices:
        key = (choice.funded_line, choice.offer, choice.replacement)
        before = joined.get(key)
        joined[key] = (
            choice
            if before is None
            else replace(
                before,
                quantity=before.quantity + choice.quantity,
                replaces=before.replaces or choice.replaces,
            )
        )
    return list(joined.values())
