"""Everything that can happen to an order to a supplier."""

from backend.supplier_orders.operations.answering import (
    AnswerDoesNotAddUp,
    NoSuchOrder,
    OrderChanged,
    ReferenceTaken,
    answer,
    cancel,
    expire_silent,
    give_back,
    locked_order,
)
from backend.supplier_orders.operations.packing import (
    NotThatMany,
    learn_stop_prices,
    lock_orders,
    ship_items,
    touch_orders,
)
from backend.supplier_orders.operations.sending import order_goods
from backend.supplier_orders.operations.stock import StockResult, StockRow, TooManyRows, report_stock

__all__ = [
    "AnswerDoesNotAddUp",
    "NoSuchOrder",
    "NotThatMany",
    "OrderChanged",
    "ReferenceTaken",
    "StockResult",
    "StockRow",
    "TooManyRows",
    "answer",
    "cancel",
    "expire_silent",
    "give_back",
    "learn_stop_prices",
    "lock_orders",
    "locked_order",
    "order_goods",
    "report_stock",
    "ship_items",
    "touch_orders",
]
