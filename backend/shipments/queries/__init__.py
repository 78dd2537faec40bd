"""What is ready to be fetched, where a gift's goods are, and how orders stand."""

from backend.shipments.queries.files import (
    BoxItemView,
    BoxView,
    Label,
    OrderFile,
    ShipmentView,
    desk_counts,
    desk_orders,
    events,
    labels,
    order_file,
    order_files,
    order_of_shipment,
)
from backend.shipments.queries.ready import ReadyShipment, ready_shipments
from backend.shipments.queries.tracing import TracedBox, TracedOrder, trace

__all__ = [
    "BoxItemView",
    "BoxView",
    "Label",
    "OrderFile",
    "ReadyShipment",
    "ShipmentView",
    "TracedBox",
    "TracedOrder",
    "desk_counts",
    "desk_orders",
    "events",
    "labels",
    "order_file",
    "order_files",
    "order_of_shipment",
    "ready_shipments",
    "trace",
]
