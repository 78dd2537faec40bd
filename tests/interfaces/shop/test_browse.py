"""Aming looks around: what is needed, where, and what the law says about it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.backend.confirmations.stories import Road
from tests.interfaces.shop.conftest import County, Pages

pytestmark = pytest.mark.django_db


def test_the_home_page_says_how_much_is_missing_and_where(county: County, read: Pages) -> None:
    county.ask(
        wanted=1290, school=factories.recipient("示范中学", township="龙山镇", township_code="522328107000")
    )
    html = read("/")
    assert "2所学校和村子，<wbr>还缺1,300件东西" in html
    assert 'aria-label="龙山镇，还差1,290件"' in html
    assert "示意图" in html


def test_the_most_urgent_is_the_one_pad_of_the_page(county: County, read: Pages) -> None:
    urgent = county.ask(needed_on=(county.now + timedelta(days=1)).date())
    html = read("/")
    first, second = urgent.appeal.number, county.appeal.number
    assert html.index(first) < html.index(second)
    assert len(re.findall(r'class="slip pad"', html)) == 1


def test_every_give_button_is_a_plain_form_without_token_or_key(county: County, read: Pages) -> None:
    html = read("/")
    form = re.search(r'<form class="need__give".*?</form>', html, re.DOTALL)
    assert form is not None
    assert 'action="/give/"' in form[0] and f'value="{county.need.public_id}"' in form[0]
    assert "捐1床" in form[0] and "¥68" in form[0]
    assert "csrfmiddlewaretoken" not in html and 'name="key"' not in html


def test_a_list_that_may_be_cached_sets_no_cookie(county: County, client: Client) -> None:
    for path in ("/", f"/appeals/{county.appeal.public_id}/", "/money/", "/privacy/"):
        assert client.get(path).cookies == {}


def test_chips_and_the_map_narrow_the_list(county: County, read: Pages) -> None:
    rice = factories.item("大米", "袋", category="food")
    far = factories.recipient("示范中学", township="龙山镇", township_code="522328107000")
    food = county.ask(item=rice, school=far)
    assert county.appeal.number not in read("/", kind="food")
    assert food.appeal.number in read("/", kind="food")
    there = read("/", town="522328107000")
    assert "龙山镇，最急的在前" in there and county.appeal.number not in there
    both = read("/", town="522328107000", kind="warmth")
    assert "这里现在没有缺的" in both
    assert "?kind=food&amp;town=522328107000#list" in both


@pytest.mark.parametrize("query", [{"kind": "nonsense"}, {"page": "nonsense"}, {"page": "99"}])
def test_nonsense_in_the_address_shows_the_list(county: County, read: Pages, query: dict[str, str]) -> None:
    assert county.appeal.number in read("/", **query)


def test_the_list_turns_pages_and_keeps_its_filter(county: County, read: Pages) -> None:
    for _ in range(14):
        county.ask()
    first, second = read("/", kind="warmth"), read("/", kind="warmth", page="2")
    assert "第1页，共2页" in first and 'href="?kind=warmth&amp;page=2"' in first
    assert len(set(re.findall(r"需-2611-\d{4}", first + second))) == 15


def test_nothing_missing_is_said_in_words(read: Pages) -> None:
    html = read("/")
    assert "现在没有缺的" in html and "看所有的需要" in html


def test_what_is_fully_given_has_no_button(county: County, read: Pages) -> None:
    county.ask(reserved=10)
    factories.need(county.appeal, factories.item("雨靴", "双"), stopped_at=county.now)
    appeal = read(f"/appeals/{county.appeal.public_id}/")
    assert "捐够了" in read("/")
    assert "学校说够了" in appeal and appeal.count('action="/give/"') == 2  # the quilts, and the bar below


def test_an_appeal_shows_every_need_and_the_disclosure(county: County, read: Pages) -> None:
    html = read(f"/appeals/{county.appeal.public_id}/")
    for word in (
        "山里人家慈善会（演示）",
        "演示证-0001",
        "给住校生添被子",
        "起止",
        "安龙县",
        "岑女士（演示）",
        "住校生120人",
        "全部用于购买所列物资",
        "不从捐款中列支管理费",
        "用于最近的、目的相同的需要，并公示",
        "演示备案-0001",
        "怎么查",
    ):
        assert word in html
    assert 'max="10"' in html


def test_the_price_is_taken_apart_with_source_and_day(county: County, read: Pages) -> None:
    supplier = factories.supplier()
    factories.offer(
        county.quilts,
        supplier,
        factories.warehouse(supplier),
        price=6_460,
        market_price=8_900,
        market_source={"zh-Hans": "比价网（演示）"},
        market_on=county.now.date(),
    )
    html = read(f"/appeals/{county.appeal.public_id}/")
    assert "¥68是怎么来的" in html and "¥64.60" in html and "¥3.40" in html
    assert "市场价¥89" in html and "比价网（演示）" in html


def test_a_closed_appeal_says_so_and_takes_nothing(county: County, read: Pages) -> None:
    closed = county.ask(state="closed")
    html = read(f"/appeals/{closed.appeal.public_id}/")
    assert "这一条已经结束，不再收" in html and 'action="/give/"' not in html


def test_a_draft_and_an_unknown_appeal_are_404(county: County, read: Pages) -> None:
    draft = county.ask(state="draft")
    read(f"/appeals/{draft.appeal.public_id}/", status=404)
    read("/appeals/apl_unknown/", status=404)


@pytest.mark.parametrize("path", ["/", "/money/", "/privacy/"])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_pages_speak_the_visitors_language(county: County, client: Client, path: str, language: str) -> None:
    client.cookies["django_language"] = language
    html = client.get(path).content.decode()
    assert ("怎麼" in html or "隱私" in html) if language == "zh-hant" else ("Privacy" in html)


def test_thirty_appeals_cost_as_many_queries_as_one(county: County, client: Client) -> None:
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    appeal = f"/appeals/{county.appeal.public_id}/"
    one, one_need = count("/"), count(appeal)
    for _ in range(29):
        county.ask()
        factories.need(county.appeal, factories.item("雨靴", "双"))
    assert (count("/"), count(appeal)) == (one, one_need)


def inline(html: str) -> list[str]:
    return re.findall(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|javascript:", html)


def test_nothing_is_inline(county: County, read: Pages) -> None:
    for path in ("/", f"/appeals/{county.appeal.public_id}/", "/money/", "/privacy/"):
        assert inline(read(path)) == []


def test_words_of_people_are_escaped(county: County, read: Pages, settings: Any) -> None:
    evil = county.ask(titles={"zh-Hans": "<b>过冬</b>"}, words={"zh-Hans": "<script>alert(1)</script>"})
    for html in (read("/"), read(f"/appeals/{evil.appeal.public_id}/")):
        assert "<b>过冬" not in html and "<script>alert" not in html


def test_the_newest_counts_stand_beside_the_list_good_and_bad(county: County, read: Pages) -> None:
    road = Road()
    road.deliver()
    road.count(38, damaged=1)
    html = read("/")
    assert "刚刚点完数" in html and "少了1床" in html and "点到<strong>38床</strong>" in html
    assert "已经点数的" in read(f"/appeals/{road.village.appeal.public_id}/")
    assert "已经点数的" not in read(f"/appeals/{county.appeal.public_id}/")
