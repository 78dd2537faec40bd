"""The demo's items, offers, stock, lanes and vehicles."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from backend.catalogue import operations as catalogue
from backend.catalogue.rules import Category
from backend.deliveries.operations.vehicles import add_vehicle
from backend.interfaces.jobs.demo.cut import demo_id, rows, tree, words
from backend.interfaces.jobs.demo.parties import ACTOR, Bodies
from backend.parties.rules import VehicleClass

if TYPE_CHECKING:
    from backend.catalogue.models import Item

Items = Mapping[str, "Item"]


def build_items(*, at: datetime) -> Items:
    """Joins the caller's transaction. The 300 items, by code."""
    new = [_item(row) for row in rows("goods/items.csv")]
    return {item.code: item for item in catalogue.add_items(new=new, actor=ACTOR, at=at)}


def _item(row: dict[str, str]) -> catalogue.NewItem:
    return catalogue.NewItem(
        code=row["code"],
        names=words(row, "name"),
        units=words(row, "unit"),
        specs=words(row, "spec"),
        category=Category(row["category"]),
        drawing=row["drawing"],
        grams=int(row["grams"]),
        cm3=int(row["cm3"]),
        shelf_life_days=int(row["shelf_life_days"] or 0) or None,
    )


def build_offers(bodies: Bodies, items: Items, *, at: datetime) -> None:
    """Joins the caller's transaction. Every supplier's prices and stock."""
    market = {row["code"]: row for row in rows("goods/items.csv")}
    by_supplier = sorted(rows("suppliers/offers.csv"), key=lambda row: row["supplier"])
    for code, group in groupby(by_supplier, key=lambda row: row["supplier"]):
        told = list(group)
        warehouse = bodies.warehouses[code]
        catalogue.price_offers(
            supplier=bodies.suppliers[code],
            warehouse=warehouse,
            new=[_offer(row, market[row["item"]], items) for row in told],
            actor=ACTOR,
            at=at,
        )
        levels = [catalogue.Level(items[row["item"]], int(row["on_hand"]), 1, at) for row in told]
        catalogue.report_stock(warehouse=warehouse, levels=levels, actor=ACTOR, at=at)


def _offer(row: dict[str, str], market: dict[str, str], items: Items) -> catalogue.NewOffer:
    return catalogue.NewOffer(
        item=items[row["item"]],
        charity_price=int(row["charity_price"]),
        market_price=int(market["market_price"]),
        market_source=words(market, "price_source"),
        market_on=date.fromisoformat(market["priced_on"]),
    )


def build_roads(bodies: Bodies, *, at: datetime) -> None:
    """Joins the caller's transaction. Where suppliers deliver, what carriers ask for, what they drive."""
    cut = tree("suppliers/suppliers.json")
    for row in cut["suppliers"]:
        lanes = [catalogue.NewLane(**lane) for lane in row["lanes"]]
        catalogue.open_lanes(warehouse=bodies.warehouses[row["code"]], new=lanes, actor=ACTOR, at=at)
    for row in cut["carriers"]:
        carrier = bodies.carriers[row["code"]]
        if row["lanes"]:
            lanes = [catalogue.NewLane(**lane) for lane in row["lanes"]]
            catalogue.open_lanes(carrier=carrier, new=lanes, actor=ACTOR, at=at)
        for van in row["vehicles"]:
            add_vehicle(
                carrier=carrier,
                home=bodies.hubs[van["home"]],
                sign=van["sign"],
                vehicle_class=VehicleClass(van["vehicle_class"]),
                grams=van["grams"],
                cm3=van["cm3"],
                fixed_cost=van["fixed_cost"],
                km_cost=van["km_cost"],
                hour_cost=van["hour_cost"],
                public_id=demo_id("veh", f"{row['code']}/{van['sign']}"),
                actor=ACTOR,
                at=at,
            )
