"""The plan: what is driven, when, at what cost, and what is left out."""

from __future__ import annotations

import json
from typing import Any

from ..problem import Json, decode, encode, schema
from .appraise import Appraiser, Broken, Facts
from .build import Infeasible, act_of, assemble, build, left_out, route_of, sequences_of
from .model import (
    Code,
    Cost,
    Done,
    JobPrice,
    Plan,
    Reason,
    Relaxation,
    Rest,
    Route,
    Step,
    StopPrice,
    Unserved,
)
from .places import Insertion, Places, waiver
from .worth import Scales, Worth

__all__ = [
    "Appraiser",
    "Broken",
    "Code",
    "Cost",
    "Done",
    "Facts",
    "Infeasible",
    "Insertion",
    "JobPrice",
    "Places",
    "Plan",
    "Reason",
    "Relaxation",
    "Rest",
    "Route",
    "Scales",
    "Step",
    "StopPrice",
    "Unserved",
    "Worth",
    "act_of",
    "assemble",
    "build",
    "dumps",
    "from_json",
    "left_out",
    "plan_schema",
    "route_of",
    "sequences_of",
    "to_json",
    "waiver",
]


def from_json(value: Json) -> Plan:
    """A plan from plain JSON values; raises routing.problem.Refused with the path of what does not fit."""
    return decode(Plan, value)


def to_json(plan: Plan) -> dict[str, Any]:
    """Plain JSON values that `from_json` reads back to an equal plan."""
    encoded: dict[str, Any] = encode(plan)
    return encoded


def dumps(plan: Plan) -> str:
    return json.dumps(to_json(plan), ensure_ascii=False, separators=(",", ":"))


def plan_schema() -> dict[str, Any]:
    """JSON Schema of a plan."""
    return schema(Plan)
