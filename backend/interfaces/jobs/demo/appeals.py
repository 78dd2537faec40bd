"""The demo's appeals and what they ask for; days count from the day of loading."""

from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.interfaces.jobs.demo.cut import rows, words
from backend.interfaces.jobs.demo.goods import Items
from backend.interfaces.jobs.demo.parties import ACTOR, Bodies
from backend.needs import operations as needs
from backend.needs.rules import RemainderRule

TRANSLATED = ("area", "person_in_charge", "beneficiaries", "use", "cost_share", "filing_no")


def build(bodies: Bodies, items: Items, *, at: datetime) -> int:
    """Joins the caller's transaction. Draft and open every appeal; how many."""
    prices = {row["code"]: int(row["charity_price"]) for row in rows("goods/items.csv")}
    lines = groupby(rows("appeals/needs.csv"), key=lambda row: row["appeal"])
    asked = {number: [_need(row, items, prices) for row in group] for number, group in lines}
    appeals = rows("appeals/appeals.csv")
    for row in appeals:
        _appeal(row, asked[row["number"]], bodies, at)
    return len(appeals)


def _need(row: dict[str, str], items: Items, prices: dict[str, int]) -> needs.NewNeed:
    price = prices[row["item"]]
    return needs.NewNeed(items[row["item"]], int(row["wanted"]), price, price)


def _appeal(row: dict[str, str], asked: list[needs.NewNeed], bodies: Bodies, at: datetime) -> None:
    zone = ZoneInfo(settings.ZONE)
    today = at.astimezone(zone).date()

    def day(column: str) -> date:
        return today + timedelta(days=int(row[column]))

    appeal = needs.draft_appeal(
        number=row["number"],
        charity=bodies.charity,
        recipient=bodies.recipients[row["recipient"]],
        texts=_texts(row),
        needs=asked,
        starts_at=datetime.combine(day("starts_in_days"), time(), zone),
        ends_at=datetime.combine(day("ends_in_days"), time(23, 59), zone),
        needed_on=day("needed_in_days"),
        actor=ACTOR,
        at=at,
    )
    needs.open_appeal(appeal=appeal, actor=ACTOR, at=at)


def _texts(row: dict[str, str]) -> needs.AppealTexts:
    return needs.AppealTexts(
        titles=words(row, "title"),
        purpose=words(row, "purpose"),
        words=words(row, "words"),
        area=row["area"],
        person_in_charge=row["person_in_charge"],
        beneficiaries=row["beneficiaries"],
        use=row["use"],
        cost_share=row["cost_share"],
        remainder_rule=RemainderRule(row["remainder_rule"]),
        filing_no=row["filing_no"],
        translations={"en": {name: row[f"{name}_en"] for name in TRANSLATED}},
    )
