"""What things cost now and where that is known from, and what lies in a supplier's warehouses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from backend.catalogue.models import Offer, Stock


@dataclass(frozen=True)
class PriceFact:
    """The cheapest charity price (fen) in force, and the market price beside it with source and day."""

    supplier_price: int
    market_price: int | None
    market_source: dict[str, str]
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


@dataclass(frozen=True)
class StockLevel:
    """One item in one warehouse of a supplier, as last told. `version` is what the next report must pass."""

    warehouse: str
    warehouse_names: dict[str, str]
    code: str
    names: dict[str, str]
    units: dict[str, str]
    drawing: str
    on_hand: int
    reserved: int
    version: int
    as_of: datetime

    @property
    def short(self) -> int:
        return max(self.reserved - self.on_hand, 0)


def _levels(organisation_id: int) -> QuerySet[Stock]:
    return Stock.objects.filter(warehouse__organisation=organisation_id)


def stock_count(*, organisation_id: int) -> int:
    """How many stock levels a supplier tells."""
    return _levels(organisation_id).count()


def stock_levels(*, organisation_id: int, offset: int, limit: int) -> list[StockLevel]:
    """A page of a supplier's stock: shortages first, then by name. One query."""
    rows = (
        _levels(organisation_id)
        .select_related("item", "warehouse")
        .annotate(missing=Greatest(F("reserved") - F("on_hand"), 0))
    )
    ordered = rows.order_by("-missing", "item__sort_key", "item__code", "pk")
    return [
        StockLevel(
            row.warehouse.public_id,
            row.warehouse.names,
            row.item.code,
            row.item.names,
            row.item.units,
            row.item.drawing,
            row.on_hand,
            row.reserved,
            row.version,
            row.as_of,
        )
        for row in ordered[offset : offset + limit]
    ]
