"""Suppliers, days and routes together: the problem, the loop that answers it, fairness and its price."""

from __future__ import annotations

import json
from typing import Any

from ..problem import Json, decode, encode
from .county import Extent, joint_county
from .loop import Decision, Fair, Rule, decide, fairness
from .model import Item, Joint, Sold, Wanted

__all__ = [
    "Decision",
    "Extent",
    "Fair",
    "Item",
    "Joint",
    "Rule",
    "Sold",
    "Wanted",
    "decide",
    "dumps",
    "fairness",
    "from_json",
    "joint_county",
    "summary",
]


def from_json(value: Json) -> Joint:
    """A joint problem from plain JSON values; raises Refused with the path of what does not fit."""
    return decode(Joint, value)


def dumps(joint: Joint) -> str:
    return json.dumps(encode(joint), ensure_ascii=False, separators=(",", ":"))


def summary(decision: Decision) -> dict[str, Any]:
    """The figures of a decision as JSON values."""
    return {
        "total": decision.total,
        "goods": decision.goods,
        "ways": decision.plan.cost.total,
        "lower_bound": decision.lower_bound,
        "gap": decision.gap,
        "routes_bound": decision.plan.lower_bound,
        "routes_gap": decision.plan.gap,
        "history": list(decision.history),
        "vehicles": len(decision.plan.routes),
        "goes": len(decision.goes),
        "waits": len(decision.waits),
        "oldest_wait": decision.oldest_wait,
        "worst_fill": round(decision.worst_fill, 4),
    }
