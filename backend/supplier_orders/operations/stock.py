"""What a supplier's system says lies in its warehouses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from backend.catalogue import operations as catalogue
from backend.catalogue.models import Item, Stock
from backend.catalogue.operations import Level, Told
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.parties.models import Site

MOST_ROWS = 500
CLOCKS_DIFFER = timedelta(minutes=5)
Place = tuple[str, str]


@dataclass(frozen=True)
class StockRow:
    """The level of one item (code) in one warehouse (public id); `version` only grows."""

    location: str
    sku: str
    on_hand: int
    as_of: datetime
    version: int


@dataclass(frozen=True)
class StockResult:
    """What became of a row: updated, stale (a later version is known), or refused with a code.

    `short` is how many units are promised to orders and do not lie there.
    """

    location: str
    sku: str
    outcome: str
    code: str = ""
    short: int = 0


class TooManyRows(Malformed):
    """A batch has 1 to 500 rows."""

    code = "too_many_rows"


@own_transaction
def report_stock(
    *, organisation_id: int, rows: Sequence[StockRow], actor: str, at: datetime
) -> list[StockResult]:
    """Own transaction. Set levels, row by row, and say what became of each.

    Of several rows on one item in one batch the last version counts. Raises TooManyRows.
    """
    if not 1 <= len(rows) <= MOST_ROWS:
        raise TooManyRows(pointer="/rows")
    sites = Site.objects.filter(organisation=organisation_id).in_bulk(
        {row.location for row in rows}, field_name="public_id"
    )
    items = Item.objects.in_bulk({row.sku for row in rows}, field_name="code")
    newest: dict[Place, StockRow] = {}
    for row in rows:
        place = (row.location, row.sku)
        if not _refusal(row, sites, items, at) and (
            place not in newest or newest[place].version < row.version
        ):
            newest[place] = row
    told = _tell(newest, sites, items, actor=actor, at=at)
    short = _short(sites, items)
    return [_result(row, _refusal(row, sites, items, at), told, newest, short) for row in rows]


def _refusal(row: StockRow, sites: Mapping[str, Site], items: Mapping[str, Item], at: datetime) -> str:
    if row.location not in sites:
        return "unknown_location"
    if row.sku not in items:
        return "unknown_sku"
    return "as_of_in_the_future" if row.as_of > at + CLOCKS_DIFFER else ""


def _tell(
    newest: Mapping[Place, StockRow],
    sites: Mapping[str, Site],
    items: Mapping[str, Item],
    *,
    actor: str,
    at: datetime,
) -> dict[Place, Told]:
    told: dict[Place, Told] = {}
    for location in sorted({location for location, _ in newest}):
        rows = [row for (place, _), row in sorted(newest.items()) if place == location]
        levels = [Level(items[row.sku], row.on_hand, row.version, row.as_of) for row in rows]
        answers = catalogue.report_stock(warehouse=sites[location], levels=levels, actor=actor, at=at)
        told |= {(location, row.sku): answer for row, answer in zip(rows, answers, strict=True)}
    return told


def _short(sites: Mapping[str, Site], items: Mapping[str, Item]) -> dict[Place, int]:
    """Units promised to orders that do not lie there."""
    rows = Stock.objects.filter(
        warehouse__in=sites.values(), item__in=items.values(), reserved__gt=F("on_hand")
    )
    found = rows.values_list("warehouse__public_id", "item__code", "reserved", "on_hand")
    return {(site, code): reserved - on_hand for site, code, reserved, on_hand in found}


def _result(
    row: StockRow,
    refusal: str,
    told: Mapping[Place, Told],
    newest: Mapping[Place, StockRow],
    short: Mapping[Place, int],
) -> StockResult:
    place = (row.location, row.sku)
    if refusal:
        return StockResult(*place, "refused", refusal)
    if newest[place] is not row or told[place] is Told.STALE:
        return StockResult(*place, "stale", "version_is_old")
    return StockResult(*place, "updated", short=short.get(place, 0))
