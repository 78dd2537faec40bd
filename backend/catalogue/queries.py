"""What things cost now, and where that is known from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from backend.catalogue.models import Offer


@dataclass(frozen=True)
class PriceFact:
    """The cheapest charity price (fen) in force, and the market price beside it with source and day."""

    supplier_price: int
    market_price: int | None
    market_source: str
    market_on: date | None


def price_facts(*, items: Collection[str], at: datetime) -> dict[str, PriceFact]:
    """By item (public id), for items that somebody offers to every charity at `at`. One query."""
    rows = Offer.objects.filter(item__public_id__in=items, charity__isnull=True)
    rows = rows.filter(Q(during__isnull=True) | Q(during__contains=at))
    cheapest = rows.order_by("item_id", "charity_price", "pk").distinct("item_id")
    return {
        item: PriceFact(price, market, source, on)
        for item, price, market, source, on in cheapest.values_list(
            "item__public_id", "charity_price", "market_price", "market_source", "market_on"
        )
    }
