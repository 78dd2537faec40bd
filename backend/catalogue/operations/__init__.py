"""What can be had: items added, offers priced, stock told, lanes opened."""

from backend.catalogue.operations.items import NewItem, add_items
from backend.catalogue.operations.lanes import NewLane, open_lanes
from backend.catalogue.operations.offers import NewOffer, price_offers
from backend.catalogue.operations.stock import Level, Told, report_stock

__all__ = [
    "Level",
    "NewItem",
    "NewLane",
    "NewOffer",
    "Told",
    "add_items",
    "open_lanes",
    "price_offers",
    "report_stock",
]
