"""Chosen goods become fulfilment orders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.catalogue.models import Offer
from backend.catalogue.operations.holds import hold_stock
from backend.catalogue.rules import price_at
from backend.donations import operations as donations
from backend.donations.models import FundedLine
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import next_ids, own_transaction
from backend.parties.queries import closures_from
from backend.supplier_orders.models import Reservation, SupplierOrder, SupplierOrderItem, SupplierOrderLine
from backend.supplier_orders.rules import Choice, Policy, respond_by, slip_number

Wanted = tuple[Choice, FundedLine, Offer]
Group = tuple[int, int, int, int, bool]


def order_goods(*, choices: Sequence[Choice], actor: str, at: datetime) -> list[SupplierOrder]:
    """Own transactions, one per order. Order what was chosen, from each warehouse for each recipient.

    Claims the units from their funded lines: what another worker claimed meanwhile is left out, so that
    the same choices may be ordered twice at once. Stock is held where it is known; less may be held than
    asked, the rest is for the supplier to confirm.
    """
    lines = FundedLine.objects.select_related("need_line", "charity__organisation").in_bulk(
        [choice.funded_line for choice in choices]
    )
    offers = Offer.objects.select_related("supplier__organisation", "warehouse", "item").in_bulk(
        {choice.offer for choice in choices}
    )
    wanted = [(choice, lines[choice.funded_line], offers[choice.offer]) for choice in choices]
    orders = []
    for group, members in groupby(sorted(wanted, key=_group), key=_group):
        order = _send(group, list(members), actor=actor, at=at)
        if order is not None:
            orders.append(order)
    return orders


def _group(wanted: Wanted) -> Group:
    choice, line, offer = wanted
    return (
        offer.supplier_id,
        offer.warehouse_id,
        line.need_line.recipient_id,
        line.charity_id,
        choice.replacement,
    )


@own_transaction
def _send(group: Group, wanted: list[Wanted], *, actor: str, at: datetime) -> SupplierOrder | None:
    claimed = _claim(wanted, at)
    if not claimed:
        return None
    order = _order(group, claimed[0][2], at)
    items = _items(order, claimed)
    _lines(items, claimed)
    for item in items:
        _hold(order, item)
    charity = claimed[0][1].charity.organisation.public_id
    record(
        kind=Kind.ORDER_SENT,
        subject=f"order:{order.public_id}",
        actor=actor,
        at=at,
        charity=charity,
        public={
            "number": order.number,
            "respond_by": order.respond_by.isoformat(),
            "replacement": order.replacement,
            "items": [{"item": item.offer.item.code, "asked": item.asked} for item in items],
        },
        private={"why": why} if (why := _why(claimed)) else None,
    )
    return order


def _claim(wanted: list[Wanted], at: datetime) -> list[Wanted]:
    """`wanted` with what could be claimed of it, oldest gift first; nothing of what others have claimed."""
    asked: dict[int, int] = {}
    for choice, line, _ in wanted:
        asked[line.pk] = asked.get(line.pk, 0) + choice.quantity
    won = donations.claim_goods(quantities=asked, at=at)
    taken = []
    for choice, line, offer in sorted(wanted, key=lambda w: (w[1].pk, w[2].pk)):
        quantity = min(choice.quantity, won.get(line.pk, 0))
        if quantity:
            won[line.pk] -= quantity
            taken.append((replace(choice, quantity=quantity), line, offer))
    return taken


def _why(claimed: list[Wanted]) -> list[dict[str, Any]]:
    """Why these goods are asked of this supplier: per line and offer, as the choice was made."""
    return [
        {
            "line": line.public_id,
            "offer": offer.public_id,
            "why": choice.because.why,
            "instead": choice.because.instead,
            "saved": choice.because.saved,
        }
        for choice, line, offer in claimed
        if choice.because is not None
    ]


def _order(group: Group, offer: Offer, at: datetime) -> SupplierOrder:
    supplier, warehouse, recipient, charity, replacement = group
    (pk,) = next_ids(SupplierOrder, 1)
    local = at.astimezone(ZoneInfo(settings.ZONE))
    return SupplierOrder.objects.create(
        pk=pk,
        number=slip_number("D", pk),
        charity_id=charity,
        supplier_id=supplier,
        warehouse_id=warehouse,
        recipient_id=recipient,
        replacement=replacement,
        policy=Policy.FILL_AVAILABLE.value,
        submitted_at=at,
        updated_at=at,
        respond_by=respond_by(
            local,
            offer.warehouse.hours,
            offer.supplier.answer_hours,
            closures_from(site_id=warehouse, at=at),
        ),
    )


def _items(order: SupplierOrder, claimed: list[Wanted]) -> list[SupplierOrderItem]:
    asked: dict[Offer, int] = {}
    for choice, _, offer in claimed:
        asked[offer] = asked.get(offer, 0) + choice.quantity
    rows = [
        SupplierOrderItem(
            order=order,
            offer=offer,
            unit_price=0
            if order.replacement
            else price_at(quantity, offer.charity_price, offer.price_breaks),
            asked=quantity,
        )
        for offer, quantity in sorted(asked.items(), key=lambda pair: pair[0].item_id)
    ]
    return SupplierOrderItem.objects.bulk_create(rows)


def _lines(items: Iterable[SupplierOrderItem], claimed: list[Wanted]) -> None:
    by_offer = {item.offer_id: item for item in items}
    rows: dict[tuple[int, int], SupplierOrderLine] = {}
    for choice, line, offer in claimed:
        item = by_offer[offer.pk]
        row = rows.setdefault((item.pk, line.pk), SupplierOrderLine(item=item, funded_line=line, quantity=0))
        row.quantity += choice.quantity
        row.replaces_id = row.replaces_id or choice.replaces
    SupplierOrderLine.objects.bulk_create(rows.values())


def _hold(order: SupplierOrder, item: SupplierOrderItem) -> None:
    hold = hold_stock(warehouse=order.warehouse_id, item=item.offer.item_id, quantity=item.asked)
    if hold is not None and hold.held:
        Reservation.objects.create(item=item, stock_id=hold.stock, quantity=hold.held)
