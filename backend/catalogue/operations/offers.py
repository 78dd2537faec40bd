"""Prices. One is never changed: the old offer ends where the new one begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Func, Q, Value
from django.db.models.fields import DateTimeField

from backend.catalogue.models import Item, Offer
from backend.catalogue.rules import breaks_fit
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.parties.models import Charity, Site, Supplier


@dataclass(frozen=True)
class NewOffer:
    """A price (fen) for one unit, less for many (see rules.price_at); a market price only with its source and date."""

    item: Item
    charity_price: int
    market_price: int | None = None
    market_source: dict[str, str] = field(default_factory=dict)
    market_on: date | None = None
    pack_size: int = 1
    price_breaks: tuple[tuple[int, int], ...] = ()


@own_transaction
def price_offers(
    *,
    supplier: Supplier,
    warehouse: Site,
    new: Sequence[NewOffer],
    actor: str,
    at: datetime,
    charity: Charity | None = None,
) -> list[Offer]:
    """Own transaction. A supplier's prices from one warehouse, in force from `at`.

    Offers of the same items from there end at `at`. Raises Malformed when the warehouse is another's, a
    market price comes without source and date, or breaks do not fit.
    """
    if warehouse.organisation_id != supplier.organisation_id:
        raise Malformed("this warehouse is not the supplier's", pointer="/warehouse")
    if any(o.market_price is not None and not (o.market_source and o.market_on) for o in new):
        raise Malformed("a market price needs its source and date", pointer="/market_source")
    if not all(breaks_fit(offer.charity_price, offer.price_breaks) for offer in new):
        raise Malformed("price breaks rise in units from 2 on and fall in price", pointer="/price_breaks")
    _end_offers(supplier, warehouse, [offer.item for offer in new], charity, at)
    rows = Offer.objects.bulk_create([_row(offer, supplier, warehouse, charity, at) for offer in new])
    record(
        kind=Kind.OFFERS_PRICED,
        subject=f"organisation:{supplier.organisation.public_id}",
        actor=actor,
        at=at,
        public={"warehouse": warehouse.public_id, "items": [offer.item.code for offer in new]},
    )
    return rows


def _row(new: NewOffer, supplier: Supplier, warehouse: Site, charity: Charity | None, at: datetime) -> Offer:
    return Offer(
        item=new.item,
        supplier=supplier,
        warehouse=warehouse,
        charity=charity,
        charity_price=new.charity_price,
        market_price=new.market_price,
        market_source=new.market_source,
        market_on=new.market_on,
        pack_size=new.pack_size,
        price_breaks=[list(step) for step in new.price_breaks],
        during=(at, None),
    )


def _end_offers(
    supplier: Supplier, warehouse: Site, items: list[Item], charity: Charity | None, at: datetime
) -> None:
    current = Offer.objects.filter(supplier=supplier, warehouse=warehouse, charity=charity, item__in=items)
    current = current.filter(Q(during__isnull=True) | Q(during__contains=at))
    start = Func("during", function="lower", output_field=DateTimeField())
    end = Value(at, output_field=DateTimeField())
    current.update(
        during=Func(start, end, function="tstzrange", output_field=Offer._meta.get_field("during"))
    )
