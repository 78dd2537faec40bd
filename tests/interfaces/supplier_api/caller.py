"""Lao Zhou's own system, which speaks to us over HTTP with its key."""

import itertools
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client

from backend.parties.models import Organisation
from backend.parties.operations import mint_key
from backend.parties.rules import Scope
from tests.cast import MONDAY

ROOT = "/api/supplier/v1"
_acts = itertools.count(1)


def key_for(
    organisation: Organisation, scopes: Sequence[Scope] = tuple(Scope), expires_at: datetime | None = None
) -> str:
    return mint_key(
        organisation=organisation, scopes=scopes, actor="user:usr_x", at=MONDAY, expires_at=expires_at
    ).text


class System:
    """A supplier's system with one key."""

    def __init__(self, key: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {key}"} if key else {})

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        return self.client.get(ROOT + path, query or {}, headers=_names(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """A new act, unless its Idempotency-Key is given; an empty header is left out."""
        given = {"idempotency_key": f"act-{next(_acts):06d}", **headers}
        return self.client.post(
            ROOT + path,
            json.dumps(body if body is not None else {}),
            content_type="application/json",
            headers=_names({name: value for name, value in given.items() if value}),
        )

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/orders/{order_id}").json()
        return found


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def accept_all(order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    items = [{"item": item["id"], "accepted": item["asked"]} for item in order["items"]]
    return {"supplier_ref": f"ZN-{order['number']}", "items": items, **fields}


def one_box(order: dict[str, Any]) -> dict[str, Any]:
    items = [{"item": item["id"], "quantity": item["accepted"]} for item in order["items"]]
    return {"parcels": [{"grams": 12_300, "items": items}]}
