"""Suppliers' own systems: each reads its orders by the API with its key, answers, packs, says when to fetch."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from backend.interfaces.jobs.demo.cut import rows
from backend.interfaces.jobs.replay.browser import Pause, at_once, in_turn

API = "/api/supplier/v1"
DECLINES = 0.01  # of order items: somebody else is asked
BOX_GRAMS, BOX_CM3 = 25_000, 120_000
EARLIER = ("accepted", "partially_accepted")  # answered in an earlier run, perhaps not packed


@dataclass(frozen=True)
class Goods:
    """One piece of an item as it is packed."""

    grams: int
    cm3: int
    shelf_life_days: int


def goods_by_sku() -> dict[str, Goods]:
    return {
        row["code"]: Goods(int(row["grams"]), int(row["cm3"]), int(row["shelf_life_days"] or 0))
        for row in rows("goods/items.csv")
    }


class ApiRefused(Exception):
    """The API said no to something that a supplier's system may do."""


@dataclass
class SupplierSystem:
    """One supplier's system. `handled` counts what it did; `pause` comes before each act."""

    base: str
    name: str
    key: str
    seed: int
    goods: dict[str, Goods]
    pause: Pause = at_once
    handled: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            base_url=self.base, timeout=60.0, headers={"Authorization": f"Bearer {self.key}"}
        )

    def close(self) -> None:
        self._http.close()

    def catch_up(self, *, at: datetime) -> int:
        """Finish what an earlier run of this system left half done."""
        return sum(self._finish(order, at) for status in EARLIER for order in self._orders(status))

    def work(self, *, at: datetime) -> int:
        """Take every new order to the ramp; how many."""
        return sum(self._finish(self._answer(order), at) for order in self._orders("submitted"))

    def _orders(self, status: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._call("GET", f"/orders?request_status={status}&limit=100&cursor={cursor}")
            yield from page["orders"]
            cursor = page["next_cursor"] or ""
            if not cursor:
                return

    def _answer(self, order: dict[str, Any]) -> dict[str, Any]:
        rng = random.Random(f"{self.seed}/{order['id']}")
        answers = []
        for item in order["items"]:
            declined = not order["replacement"] and rng.random() < DECLINES
            self.handled["declined" if declined else "accepted"] += item["asked"]
            said = (
                {"rejected": item["asked"], "reason": "no_stock"} if declined else {"accepted": item["asked"]}
            )
            answers.append({"item": item["id"], **said})
        body = {"supplier_ref": f"R-{order['number']}", "items": answers}
        return self._act(f"/orders/{order['id']}/answer", order, body)

    def _finish(self, order: dict[str, Any], at: datetime) -> int:
        """Pack what was accepted, then let it be fetched."""
        if "pack" in order["allowed_actions"]:
            boxes = list(self._boxes(order, at))
            if boxes:
                order = self._act(f"/orders/{order['id']}/shipments", order, {"parcels": boxes})
                self.handled["boxes"] += len(boxes)
        done = 0
        for shipment in order["shipments"]:
            if "ready" in shipment["allowed_actions"]:
                order = self._act(f"/shipments/{shipment['id']}/ready", order, None)
                self.handled["shipments"] += 1
                done += 1
        return done

    def _boxes(self, order: dict[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
        """Boxes that one person can lift: one kind of goods each."""
        for item in order["items"]:
            piece = self.goods[item["sku"]]
            left = item["accepted"] + item["backordered"] - item["packed"]
            most = max(1, min(BOX_GRAMS // piece.grams, BOX_CM3 // piece.cm3))
            while left > 0:
                quantity = min(left, most)
                left -= quantity
                packed = {"item": item["id"], "quantity": quantity}
                if item["needs_expiry_date"]:
                    expires = at + timedelta(days=max(piece.shelf_life_days, 90))
                    packed["expires_on"] = f"{expires:%Y-%m-%d}"
                yield {"grams": quantity * piece.grams, "cm3": quantity * piece.cm3, "items": [packed]}

    def _act(self, path: str, order: dict[str, Any], body: Any) -> dict[str, Any]:
        self.pause()
        headers = {"Idempotency-Key": f"replay{path}".replace("/", "."), "If-Match": order["etag"]}
        answered: dict[str, Any] = self._call("POST", path, json=body, headers=headers)
        return answered

    def _call(self, method: str, path: str, **sent: Any) -> Any:
        answer = in_turn(self._http, self._http.request(method, API + path, **sent))
        if answer.is_error:
            raise ApiRefused(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()
