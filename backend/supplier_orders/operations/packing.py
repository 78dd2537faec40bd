"""What later rooms tell an order: goods went into boxes, boxes moved, stops were priced."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import F

from backend.catalogue.operations.holds import take_stock
from backend.kernel.db import joins_transaction, own_transaction
from backend.kernel.errors import Exhausted
from backend.kernel.states import WrongState
from backend.supplier_orders.models import StopPrice, SupplierOrder, SupplierOrderItem
from backend.supplier_orders.operations.answering import shrink_holds
from backend.supplier_orders.rules import ACCEPTED


class NotThatMany(Exhausted):
    """More was packed than is left of what was accepted."""

    code = "not_that_many"


@joins_transaction
def ship_items(*, order: SupplierOrder, quantities: Mapping[int, int], at: datetime) -> None:
    """Joins the caller's transaction. Raise what is packed of each order item (by id), never too far.

    Raises WrongState, NotThatMany.
    """
    if order.request_status not in ACCEPTED:
        raise WrongState(f"this order is {order.request_status}: nothing is to be packed")
    for item, quantity in sorted(quantities.items()):
        fits = SupplierOrderItem.objects.filter(
            pk=item, order=order, shipped__lte=F("accepted") + F("backordered") - quantity
        )
        if not fits.update(shipped=F("shipped") + quantity):
            raise NotThatMany(item=item)
    rows = SupplierOrderItem.objects.filter(pk__in=quantities).order_by("offer__item_id")
    shrink_holds(items=list(quantities), at=at)
    for pk, item in rows.values_list("pk", "offer__item_id"):
        take_stock(warehouse=order.warehouse_id, item=item, quantity=quantities[pk])


@joins_transaction
def lock_orders(*, orders: Collection[int]) -> None:
    """Joins the caller's transaction. Orders are locked before their shipments, in id order."""
    list(SupplierOrder.objects.select_for_update().filter(pk__in=orders).order_by("pk").values_list("pk"))


@joins_transaction
def touch_orders(*, orders: Collection[int], at: datetime) -> None:
    """Joins the caller's transaction. The orders read differently now: a new version of each."""
    SupplierOrder.objects.filter(pk__in=orders).update(version=F("version") + 1, updated_at=at)


@own_transaction
def learn_stop_prices(*, prices: Mapping[tuple[int, int], int], plan_ref: str, at: datetime) -> int:
    """Own transaction. Keep what one more stop from a warehouse at a recipient cost in a plan (fen).

    `prices` is by (warehouse site id, recipient id); the next sourcing reads them.
    """
    rows = [
        StopPrice(
            warehouse_id=warehouse, recipient_id=recipient, amount=amount, plan_ref=plan_ref, learned_at=at
        )
        for (warehouse, recipient), amount in sorted(prices.items())
    ]
    StopPrice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["warehouse", "recipient"],
        update_fields=["amount", "plan_ref", "learned_at"],
    )
    return len(rows)
