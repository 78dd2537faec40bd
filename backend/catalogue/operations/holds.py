"""Stock is held for orders, given back, and packed."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from backend.catalogue import statements
from backend.catalogue.models import Stock
from backend.kernel.db import joins_transaction


@dataclass(frozen=True)
class Hold:
    """`held` units of stock row `stock` are kept for somebody; less than asked where less is free."""

    stock: int
    held: int


@joins_transaction
def hold_stock(*, warehouse: int, item: int, quantity: int) -> Hold | None:
    """Joins the caller's transaction. Hold up to `quantity`; None where the stock is not known."""
    with connection.cursor() as cursor:
        cursor.execute(statements.HOLD, {"warehouse": warehouse, "item": item, "quantity": quantity})
        row = cursor.fetchone()
    return Hold(*row) if row else None


@joins_transaction
def free_stock(*, stock: int, quantity: int) -> None:
    """Joins the caller's transaction. Give back what was held."""
    Stock.objects.filter(pk=stock).update(reserved=F("reserved") - quantity)


@joins_transaction
def take_stock(*, warehouse: int, item: int, quantity: int) -> None:
    """Joins the caller's transaction. `quantity` went into boxes: it lies there no longer."""
    Stock.objects.filter(warehouse=warehouse, item=item).update(on_hand=Greatest(F("on_hand") - quantity, 0))
