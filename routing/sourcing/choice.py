"""The cheapest choice of offers, by CP-SAT, with the simple rule to fall back on."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from ..engine.cpsat import Asked, Part, cheapest_parts
from .greedy import greedy
from .market import Market, refusal
from .model import Lane, Line, Offer, Pick, Supply, Terms, Unsupplied, Why
from .why import reasons


def choose(
    lines: Sequence[Line],
    offers: Sequence[Offer],
    stop_prices: Mapping[Lane, int] | None = None,
    *,
    terms: Mapping[Lane, Terms] | None = None,
    default_stop_price: int = 0,
    seconds: float = 5.0,
    seed: int = 0,
) -> Supply:
    """Offers for every line within about `seconds`.

    `terms` are by (warehouse, recipient); where a lane has none, its stop costs what `stop_prices` says, else the
    default. Never fails for want of time: the simple rule always answers. The same input gives the same answer,
    unless the machine is so slow that the clock ends it. Raises ValueError on quantities, pack sizes, prices or
    stock below what makes sense, or on an id that appears twice.
    """
    _refuse_nonsense(lines, offers)
    market = Market(lines, offers, stop_prices or {}, default_stop_price, terms)
    simple = greedy(market)
    found = cheapest_parts(_parts(market), _asked(market), simple, seconds=seconds, seed=seed)
    if found is None or _worth(market, found.quantities) > _worth(market, simple):
        return supply(market, simple, method="greedy", proved=False)
    return supply(market, found.quantities, method="cpsat", proved=found.proved)


def _worth(market: Market, units: Sequence[int]) -> tuple[int, int]:
    """(units missing, fen)."""
    goods = sum(market.goods(range(len(units)), units).values())
    extra = sum(count * fen for count, fen in zip(units, market.extra, strict=True))
    return -sum(units), goods + extra + market.stops(units)


def _refuse_nonsense(lines: Sequence[Line], offers: Sequence[Offer]) -> None:
    for name, ids in (("line", [line.id for line in lines]), ("offer", [offer.id for offer in offers])):
        if len(set(ids)) < len(ids):
            raise ValueError(f"{name} ids must differ")
    for line in lines:
        if line.quantity < 1 or min(line.ceiling_price, line.grams, line.late_price) < 0:
            raise ValueError(
                f"line {line.id}: quantity must be at least 1, ceiling, grams and delay at least 0"
            )
    for offer in offers:
        if offer.pack_size < 1 or offer.unit_price < 0 or (offer.free is not None and offer.free < 0):
            raise ValueError(f"offer {offer.id}: pack size, price or stock is out of range")
        steps = [(1, offer.unit_price), *offer.breaks]
        if any(a[0] >= b[0] or a[1] < b[1] or b[1] < 0 for a, b in itertools.pairwise(steps)):
            raise ValueError(f"offer {offer.id}: breaks must rise in units from 2 on, and fall in price")


def _parts(market: Market) -> list[Part]:
    """The pairs for the solver, in their order."""
    return [
        Part(
            line=line.id,
            wanted=line.quantity,
            offer=offer.id,
            pack=offer.pack_size,
            price=offer.unit_price,
            extra=market.extra[spot],
            order=market.order[spot],
        )
        for spot, (line, offer) in enumerate(market.pairs)
    ]


def _asked(market: Market) -> Asked:
    lanes = {order[:2] for order in market.order}
    return Asked(
        stock=market.stock(),
        stops={lane: market.terms(lane).stop_price for lane in sorted(lanes)},
        minimums={order: market.minimum(order) for order in market.order},
        breaks={offer.id: offer.breaks for offer in market.offers if offer.breaks},
    )


def supply(
    market: Market, units: Sequence[int], *, method: Literal["cpsat", "greedy"], proved: bool
) -> Supply:
    """The answer in full, with the reason for every part and for every unit that is missing."""
    got: dict[str, int] = defaultdict(int)
    used: dict[str, int] = defaultdict(int)
    for (line, offer), count in zip(market.pairs, units, strict=True):
        got[line.id] += count
        used[offer.id] += count
    spots = range(len(units))
    return Supply(
        picks=tuple(
            Pick(line.id, offer.id, count)
            for (line, offer), count in zip(market.pairs, units, strict=True)
            if count
        ),
        unsupplied=tuple(
            Unsupplied(line.id, line.quantity - got[line.id], _why(market, line, used))
            for line in market.lines
            if got[line.id] < line.quantity
        ),
        goods_amount=sum(market.goods(spots, units).values()),
        stops_amount=market.stops(units),
        ways_amount=sum(units[spot] * market.freight(spot) for spot in spots),
        late_amount=sum(units[spot] * market.lateness(spot) for spot in spots),
        reasons=reasons(market, units),
        method=method,
        proved=proved,
    )


def _why(market: Market, line: Line, used: Mapping[str, int]) -> Why:
    refusals = [refusal(line, offer) for offer in market.by_item[line.item]]
    if not refusals:
        return "no offer"
    if any(why is None for why in refusals):
        return "minimum" if any(_waits(market, spot, used) for spot in market.spots[line.id]) else "stock"
    nearest: tuple[Why, ...] = ("area", "price", "barred")
    return next(why for why in nearest if why in refusals)


def _waits(market: Market, spot: int, used: Mapping[str, int]) -> bool:
    """Whether an offer has goods left, in an order that wants a minimum."""
    offer = market.pairs[spot][1]
    left = offer.free is None or offer.free > used[offer.id]
    return left and market.minimum(market.order[spot]) > 0
