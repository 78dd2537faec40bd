"""The life of a shipment."""

from enum import StrEnum

from backend.kernel.states import Transitions


class Mode(StrEnum):
    OWN = "own"  # carried by a planned vehicle
    CARRIER = "carrier"  # handed to a common carrier
    COLLECT = "collect"
    SERVICE = "service"


class ShipmentState(StrEnum):
    PACKED = "packed"
    READY = "ready_for_pickup"
    PLANNED = "planned"
    IN_TRANSIT = "in_transit"
    ATTEMPTED = "attempted"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    DISCREPANCY = "discrepancy"
    RETURNED = "returned"
    LOST = "lost"


SHIPMENT = Transitions(
    "shipment",
    {
        ShipmentState.PACKED: frozenset({ShipmentState.READY}),
        ShipmentState.READY: frozenset({ShipmentState.PLANNED, ShipmentState.IN_TRANSIT}),
        ShipmentState.PLANNED: frozenset({ShipmentState.READY, ShipmentState.IN_TRANSIT}),
        ShipmentState.IN_TRANSIT: frozenset(
            {ShipmentState.ATTEMPTED, ShipmentState.DELIVERED, ShipmentState.LOST}
        ),
        ShipmentState.ATTEMPTED: frozenset(
            {ShipmentState.PLANNED, ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED, ShipmentState.RETURNED}
        ),
        ShipmentState.DELIVERED: frozenset({ShipmentState.CONFIRMED, ShipmentState.DISCREPANCY}),
        ShipmentState.CONFIRMED: frozenset(),
        ShipmentState.DISCREPANCY: frozenset(),
        ShipmentState.RETURNED: frozenset(),
        ShipmentState.LOST: frozenset(),
    },
)


class Step(StrEnum):
    """A change of hands."""

    PICKUP = "pickup"  # supplier to courier
    DELIVERY = "delivery"  # courier to recipient
