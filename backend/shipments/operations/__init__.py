"""Everything that can happen to boxes."""

from backend.shipments.operations.moving import (
    NoParcels,
    NoSuchParcel,
    confirm,
    hand_over,
    hand_to_carrier,
    lock_shipments,
    move_shipments,
)
from backend.shipments.operations.packing import (
    ExpiresTooEarly,
    NoSuchShipment,
    NothingPacked,
    NotInOrder,
    NotTheSameGoods,
    mark_ready,
    pack,
    repack,
)

__all__ = [
    "ExpiresTooEarly",
    "NoParcels",
    "NoSuchParcel",
    "NoSuchShipment",
    "NotInOrder",
    "NotTheSameGoods",
    "NothingPacked",
    "confirm",
    "hand_over",
    "hand_to_carrier",
    "lock_shipments",
    "mark_ready",
    "move_shipments",
    "pack",
    "repack",
]
