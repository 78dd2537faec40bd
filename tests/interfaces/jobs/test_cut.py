"""The cut of real data is whole: true weights, real places, licences beside it, nothing posing as real."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from backend.interfaces.jobs.demo.cut import FIXTURES, demo_id, rows, tree
from backend.kernel.models import new_public_id
from backend.needs.models import LEGAL_TEXTS
from backend.needs.rules import RemainderRule
from backend.parties.rules import VehicleClass, windows_on

GOODS = rows("goods/items.csv")
RECIPIENTS = rows("recipients/recipients.csv")
APPEALS = rows("appeals/appeals.csv")
NEEDS = rows("appeals/needs.csv")
OFFERS = rows("suppliers/offers.csv")
SUPPLIERS = tree("suppliers/suppliers.json")
BEGGING = re.compile("爱心|奉献|感恩|笑脸|您|亲爱|求求|可怜|孩子们|!|！")


@pytest.mark.parametrize("folder", ["county", "goods", "orders", "suppliers", "recipients", "appeals"])
def test_every_folder_says_where_it_is_from(folder: str) -> None:
    assert len((FIXTURES / folder / "SOURCE.md").read_text()) > 400


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("county", ["CC BY 4.0", "Vonng/adcode"]),
        ("goods", ["Permission is hereby granted", "Sahana", "Distribute Aid", "demonstration prices"]),
        (
            "orders",
            ["Permission is hereby granted", "@olist", "Credit: Olist", "draws each basket by its seed"],
        ),
    ],
)
def test_licences_and_credits_lie_beside_the_data(folder: str, words: list[str]) -> None:
    text = (FIXTURES / folder / "SOURCE.md").read_text()
    assert [word for word in words if word not in text] == []


def test_there_are_300_items_with_weight_volume_price_and_three_languages() -> None:
    assert len(GOODS) == 300 == len({row["code"] for row in GOODS}) == len({row["name_zh"] for row in GOODS})
    for row in GOODS:
        assert int(row["grams"]) > 0 and int(row["cm3"]) > 0, row["code"]
        assert 0 < int(row["charity_price"]) < int(row["market_price"]), row["code"]
        assert row["price_source_zh"] and row["price_source_en"] and row["priced_on"] and row["source_row"], (
            row["code"]
        )
        texts = [row[f"{c}_{x}"] for c in ("name", "spec", "unit") for x in ("zh", "zh_hant", "en")]
        assert all(texts), row["code"]


def test_every_drawing_is_one_of_the_look() -> None:
    look = Path("backend/interfaces/look/static/look/icons.svg").read_text()
    assert {row["drawing"] for row in GOODS} <= set(re.findall(r'id="(g-[a-z]+)"', look))


def test_every_recipient_stands_at_a_real_point_of_its_county() -> None:
    points = {
        row["code12"]: (row["county_code"], row["lon"], row["lat"])
        for name in ("county/townships.csv", "county/villages.csv")
        for row in rows(name)
    }
    assert len(RECIPIENTS) == 40
    for row in RECIPIENTS:
        assert points[row["place_code"]] == (row["county_code"], row["lon"], row["lat"])
        assert row["place_code"].startswith(row["county_code"])
        assert row["name_zh"].startswith("示范") and row["name_en"].startswith("Demonstration")
        assert int(row["people"]) > 0 and VehicleClass(row["largest_vehicle"])
    assert Counter(row["county_code"] for row in RECIPIENTS) == {"522328": 28, "522327": 12}


def test_somebody_is_there_on_most_days() -> None:
    for name, hours in tree("recipients/hours.json").items():
        assert len(hours) == 7
        windows = [window for day in range(7) for window in windows_on(hours, day)]
        assert windows and all(0 <= opens < closes <= 1440 for opens, closes in windows), name


def test_suppliers_and_carriers_say_that_they_are_invented() -> None:
    assert len(SUPPLIERS["suppliers"]) == 8
    for row in [*SUPPLIERS["suppliers"], *SUPPLIERS["carriers"]]:
        assert row["names"]["zh-Hans"].startswith("演示") and "emonstration" in row["names"]["en"]


def delivers(code: str, county: str) -> bool:
    lanes = next(s["lanes"] for s in SUPPLIERS["suppliers"] if s["code"] == code)
    return any(county.startswith(lane["to_division"]) for lane in lanes)


def test_some_suppliers_do_not_deliver_everywhere_but_every_item_reaches_both_counties() -> None:
    assert [s["code"] for s in SUPPLIERS["suppliers"] if not delivers(s["code"], "522327")] == [
        "S2",
        "S6",
        "S7",
        "S8",
    ]
    offers: dict[str, list[str]] = defaultdict(list)
    for row in OFFERS:
        offers[row["item"]].append(row["supplier"])
    assert set(offers) == {row["code"] for row in GOODS}
    for item, suppliers in offers.items():
        for county in ("522328", "522327"):
            assert sum(delivers(code, county) for code in suppliers) >= 2, (item, county)
    assert max(Counter((row["supplier"], row["item"]) for row in OFFERS).values()) == 1


def test_60_appeals_have_all_that_the_law_asks() -> None:
    assert len(APPEALS) == 60 == len({row["number"] for row in APPEALS})
    assert {row["recipient"] for row in APPEALS} == {row["code"] for row in RECIPIENTS}
    for row in APPEALS:
        assert all(row[name] and row[f"{name}_en"] for name in LEGAL_TEXTS) and RemainderRule(
            row["remainder_rule"]
        )
        assert int(row["starts_in_days"]) < 0 < int(row["needed_in_days"]) < int(row["ends_in_days"])
        assert "演示编号" in row["filing_no"] and len(row["filing_no"]) <= 60


def test_appeals_are_plain_and_do_not_beg() -> None:
    for row in APPEALS:
        for column in ("title_zh", "words_zh", "purpose_zh"):
            assert not BEGGING.search(row[column]), row[column]


def test_needs_are_of_known_items_once_each() -> None:
    codes = {row["code"] for row in GOODS}
    assert {row["item"] for row in NEEDS} <= codes and {row["appeal"] for row in NEEDS} == {
        row["number"] for row in APPEALS
    }
    assert len(NEEDS) == len({(row["appeal"], row["item"]) for row in NEEDS})
    assert sum(int(row["wanted"]) for row in NEEDS) > 10_000


def test_orders_come_in_time_and_carry_nothing_of_a_person() -> None:
    orders, weights = rows("orders/orders.csv"), rows("orders/weights.csv")
    assert len(orders) > 5_000 and set(orders[0]) == {"order_id", "purchased"}
    times = [row["purchased"] for row in orders]
    assert times == sorted(times)
    assert set(weights[0]) == {"product_id", "weight_g"} and all(float(w["weight_g"]) > 0 for w in weights)


def test_demo_ids_are_shaped_like_ids_and_stay_the_same() -> None:
    assert demo_id("org", "S1") == demo_id("org", "S1") != demo_id("org", "S2")
    assert len(demo_id("org", "S1")) == len(new_public_id("org"))
    assert demo_id("org", "S1") < new_public_id("org")
