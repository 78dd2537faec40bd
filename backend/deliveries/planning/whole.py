"""How far the whole decision, suppliers and routes together, can be from the best."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from backend.deliveries.planning.ready import Day
from backend.shipments.models import ParcelItem
from backend.supplier_orders.queries import supplies
from routing.bounds import Want, anywhere, cheapest_goods, lower
from routing.plan import Plan as Answer
from routing.problem import Problem

SECONDS = 4.0
ROUNDS = 25


def whole_of(day: Day, problem: Problem, answer: Answer, *, at: datetime, repeats: bool) -> dict[str, Any]:
    """Constant queries. `goods`: what the goods of the plan cost; `whole`: what they and the ways cost at least,
    whoever had supplied them; `whole_gap` between the two. Nothing where goods of several currencies meet."""
    rows = list(
        ParcelItem.objects.filter(
            parcel__shipment__in=[row.pk for row in day.inside], parcel__voided_at__isnull=True
        ).values_list(
            "order_item__offer",
            "order_item__offer__item",
            "order_item__offer__currency",
            "order_item__unit_price",
            "parcel__shipment__order__recipient",
            "quantity",
        )
    )
    if not rows or len({row[2] for row in rows}) > 1:
        return {}
    goods = sum(price * quantity for _, _, _, price, _, quantity in rows)
    bound = cheapest_goods(*_market(rows, at), seconds=SECONDS)
    ways = lower(anywhere(problem), seconds=SECONDS * 10 if repeats else SECONDS, rounds=ROUNDS)
    if bound is None or ways.fen is None:
        return {"goods": goods}
    total = goods + answer.cost.total
    least = bound + ways.fen
    gap = None if answer.owed or not total else round(1 - least / total, 6)
    return {"goods": goods, "whole": least, "whole_gap": gap}


Row = tuple[int, int, str, int, int, int]


def _market(rows: list[Row], at: datetime) -> tuple[list[Want], dict[str, int]]:
    """Every offer that could have supplied each row, its own among them, and the stock that was there."""
    offers = supplies(items={row[1] for row in rows}, recipients={row[4] for row in rows}, at=at)
    prices: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    stock: dict[str, int] = {}
    for offer in offers:
        if offer.currency == rows[0][2]:
            prices[offer.item, offer.recipient][str(offer.offer)] = min(
                (price for _, price in offer.breaks), default=offer.unit_price
            )
            if offer.free is not None:
                stock[str(offer.offer)] = max(0, offer.free)
    for own, _, _, _, _, quantity in rows:
        if str(own) in stock:
            stock[str(own)] += quantity
    wants = []
    for own, item, _, price, recipient, quantity in rows:
        known = prices[item, recipient]
        wants.append(Want(quantity, known | {str(own): min(price, known.get(str(own), price))}))
    return wants, stock
