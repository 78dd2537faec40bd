"""The window to the sourcing mathematics: due funded lines become a choice of offers, and orders.

Decides over units that no supplier holds; routing.sourcing says which choice is cheapest, stops included. Goods
that are too little for any warehouse's order wait some days for more, then are asked for all the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from backend.donations import operations as donations
from backend.donations.queries import DueLine, due_lines, waiting_since
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.operations import order_goods
from backend.supplier_orders.queries import (
    Supply,
    declined_offers,
    last_suppliers,
    realms,
    supplies,
)
from backend.supplier_orders.rules import Because, Choice, gathers_at
from routing import sourcing

SECONDS = 1.0  # for one choice, as the solver counts them; the simple rule stands when they are over
PATIENCE = timedelta(days=3)  # that goods wait for an order large enough
LATE_SHARE = 100  # a day too late counts a hundredth of the ceiling price


@dataclass(frozen=True)
class Sourced:
    """What one pull did: funded lines looked at, orders sent, lines whose donors were asked, lines that wait for more."""

    looked: int
    orders: list[SupplierOrder]
    asked: list[int]
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True)
class Market:
    """What a choice looks at: offers that deliver there, who declined or last sent a line's goods, realms, the
    day, and the lines that may wait for an order large enough."""

    offers: Sequence[Supply]
    declined: Mapping[int, Collection[int]]
    last: Mapping[int, tuple[int, int]]
    realms: Mapping[int, str]
    on: date | None = None
    patient: Collection[int] = ()

    @cached_property
    def of_item(self) -> Mapping[int, Sequence[Supply]]:
        """The offers by item."""
        found: dict[int, list[Supply]] = defaultdict(list)
        for offer in self.offers:
            found[offer.item].append(offer)
        return found

    def banned(self, line: DueLine) -> frozenset[int]:
        return frozenset(self.declined.get(line.funded_line_id, ()))

    def barred(self, line: DueLine) -> frozenset[str]:
        """The offers that may not be asked for this line."""
        banned = self.banned(line)
        return frozenset(
            str(offer.offer)
            for offer in self.of_item.get(line.item_id, ())
            if offer.offer in banned
            or offer.realm != self.realms[line.charity_id]
            or offer.charity not in (None, line.charity_id)
        )

    def days(self, line: DueLine) -> int | None:
        return (line.needed_on - self.on).days if line.needed_on and self.on else None


@dataclass(frozen=True)
class Chosen:
    """A choice of offers; by line the units that nobody supplies, and the lines that wait for more."""

    choices: list[Choice]
    left: dict[int, int]
    waiting: tuple[int, ...] = ()


def pull_due(*, at: datetime, actor: str, limit: int = 200) -> Sourced:
    """Own transactions. Order what is due of up to `limit` funded lines, oldest gift first.

    What nobody may supply at or under the ceiling is asked of the donors. Two workers may pull at once:
    units are claimed by conditional update, a question is asked once.
    """
    lines = due_lines(at=at, limit=limit)
    if not lines:
        return Sourced(0, [], [])
    chosen = choose(lines, _market(lines, at))
    orders = order_goods(choices=chosen.choices, actor=actor, at=at)
    asked = [line for line, units in sorted(chosen.left.items()) if _ask(line, units, actor, at)]
    if chosen.waiting:
        with transaction.atomic():
            donations.put_off_goods(funded_lines=chosen.waiting, until=gathers_at(at), at=at)
    return Sourced(len(lines), orders, asked, chosen.waiting)


def _market(lines: Sequence[DueLine], at: datetime) -> Market:
    """Constant queries."""
    ids = [line.funded_line_id for line in lines]
    offers = supplies(
        items={line.item_id for line in lines}, recipients={line.recipient_id for line in lines}, at=at
    )
    patient: set[int] = set()
    if any(offer.minimum_amount for offer in offers):
        since = waiting_since(funded_lines=ids)
        patient = {
            line.funded_line_id
            for line in lines
            if not line.replacement_quantity and at < since.get(line.funded_line_id, line.due_at) + PATIENCE
        }
    return Market(
        offers,
        declined_offers(funded_lines=ids),
        last_suppliers(funded_lines=ids),
        realms(charities={line.charity_id for line in lines}),
        at.astimezone(ZoneInfo(settings.ZONE)).date(),
        patient,
    )


def _ask(line: int, units: int, actor: str, at: datetime) -> bool:
    """Ask the donor about units that nobody may supply; False when another worker was faster."""
    try:
        with transaction.atomic():
            donations.ask(funded_line=line, quantity=units, actor=actor, at=at)
    except donations.NotDue:
        return False
    return True


def choose(lines: Sequence[DueLine], market: Market) -> Chosen:
    """Offers for `lines`.

    What came short or broken goes first to the supplier who sent it, at its cost, unless it declined.
    Where no known stock suffices an offer is asked all the same: its supplier confirms or declines. So is one
    whose minimum is not reached, once a line has waited long enough.
    """
    cart = _Cart(lines, market)
    waiting: set[int] = set()
    for stock_counts, minimums in ((True, True), (False, True), (False, False)):
        for currency in sorted({line.currency for line in lines}):
            asked = [
                line
                for line in lines
                if line.currency == currency
                and cart.open[line.funded_line_id]
                and line.funded_line_id not in waiting
            ]
            short = cart.fill(asked, stock_counts=stock_counts, minimums=minimums) if asked else set()
            if not stock_counts and minimums:
                waiting |= short & set(market.patient)
    left = {line: units for line, units in cart.open.items() if units and line not in waiting}
    return Chosen(_joined(cart.choices), left, tuple(sorted(waiting)))


class _Cart:
    """A choice as it grows: choices so far, units still open by line, what is taken, paid and ordered already."""

    def __init__(self, lines: Sequence[DueLine], market: Market) -> None:
        self.market = market
        self.lines = {str(line.funded_line_id): line for line in lines}
        self.offers = {str(offer.offer): offer for offer in market.offers}
        self.open = {line.funded_line_id: line.quantity for line in lines}
        self.choices: list[Choice] = []
        self.taken: dict[int, int] = defaultdict(int)
        self.ordered: dict[tuple[int, int, int], int] = defaultdict(int)
        for choice in _made_good(lines, market):
            self._add(choice)

    def _add(self, choice: Choice) -> None:
        self.choices.append(choice)
        self.open[choice.funded_line] -= choice.quantity
        self.taken[choice.offer] += choice.quantity

    def fill(self, lines: Sequence[DueLine], *, stock_counts: bool, minimums: bool) -> set[int]:
        """Choose offers for what is open of `lines`; the lines that are too little for an order."""
        currency = lines[0].currency
        supplies = [offer for offer in self.market.offers if offer.currency == currency]
        answer = sourcing.choose(
            [self._line(line) for line in lines],
            self._offers(supplies, stock_counts=stock_counts),
            terms=self._terms(supplies, lines, minimums=minimums),
            seconds=SECONDS,
        )
        for pick, reason in zip(answer.picks, answer.reasons, strict=True):
            line, offer = self.lines[pick.line], self.offers[pick.offer]
            self._add(self._choice(line, pick, reason))
            self.ordered[offer.warehouse, line.recipient_id, line.charity_id] += (
                pick.quantity * reason.unit_price
            )
        return {int(short.line) for short in answer.unsupplied if short.why == "minimum"}

    def _choice(self, line: DueLine, pick: sourcing.Pick, reason: sourcing.Reason) -> Choice:
        replaced = None
        if line.replacement_quantity and line.funded_line_id in self.market.last:
            replaced = self.market.last[line.funded_line_id][0]
        instead = None if reason.instead is None else int(reason.instead)
        because = Because(reason.why, instead, reason.saved)
        return Choice(int(pick.line), int(pick.offer), pick.quantity, replaced, because=because)

    def _line(self, line: DueLine) -> sourcing.Line:
        offers = self.market.of_item.get(line.item_id, ())
        return sourcing.Line(
            id=str(line.funded_line_id),
            item=str(line.item_id),
            quantity=self.open[line.funded_line_id],
            recipient=str(line.recipient_id),
            ceiling_price=line.ceiling_price,
            grams=offers[0].grams if offers else 0,
            buyer=str(line.charity_id),
            barred=self.market.barred(line),
            days=self.market.days(line),
            late_price=line.ceiling_price // LATE_SHARE,
        )

    def _offers(self, supplies: Iterable[Supply], *, stock_counts: bool) -> list[sourcing.Offer]:
        """The offers as the mathematics wants them: one each, with the recipients it delivers to."""
        found: dict[int, sourcing.Offer] = {}
        for supply in supplies:
            free = None if supply.free is None else max(supply.free - self.taken[supply.offer], 0)
            offer = found.setdefault(
                supply.offer,
                sourcing.Offer(
                    id=str(supply.offer),
                    item=str(supply.item),
                    supplier=str(supply.supplier),
                    warehouse=str(supply.warehouse),
                    unit_price=supply.unit_price,
                    pack_size=supply.pack_size,
                    free=free if stock_counts else None,
                    destinations=frozenset(),
                    breaks=supply.breaks,
                ),
            )
            destinations = (offer.destinations or frozenset()) | {str(supply.recipient)}
            found[supply.offer] = replace(offer, destinations=destinations)
        return list(found.values())

    def _terms(
        self, supplies: Iterable[Supply], lines: Sequence[DueLine], *, minimums: bool
    ) -> dict[sourcing.Lane, sourcing.Terms]:
        """A stop that is paid already costs nothing more; a minimum is less by what is ordered already."""
        terms = {}
        buyers: dict[int, set[int]] = defaultdict(set)
        for line in lines:
            buyers[line.recipient_id].add(line.charity_id)
        for offer in supplies:
            before = [self.ordered[offer.warehouse, offer.recipient, b] for b in buyers[offer.recipient]]
            ordered, paid = min(before, default=0), any(before)
            terms[str(offer.warehouse), str(offer.recipient)] = sourcing.Terms(
                stop_price=0 if paid else offer.stop_price,
                minimum=max(0, offer.minimum_amount - ordered) if minimums else 0,
                days=offer.days_max,
            )
        return terms


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
