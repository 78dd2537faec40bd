"""The frame of every page: languages, themes, errors, letters, and nothing inline."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db
SAME = "/styleguide/"


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


def inline(html: str) -> list[str]:
    """What a strict content security policy would refuse."""
    return re.findall(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|javascript:", html)


@pytest.mark.parametrize(
    ("language", "lang", "words"),
    [
        ("zh-hans", "zh-Hans", "一件东西的状态"),
        ("zh-hant", "zh-Hant", "一件東西的狀態"),
        ("en", "en", "States of an item"),
    ],
)
def test_every_part_is_shown_in_three_languages_with_nothing_inline(
    client: Client, language: str, lang: str, words: str
) -> None:
    client.cookies["django_language"] = language
    answer = client.get(SAME)
    html = answer.content.decode()
    assert f'<html lang="{lang}"' in html and words in html
    assert inline(html) == []
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_english_pages_say_nothing_in_chinese_but_names_and_signs(client: Client) -> None:
    client.cookies["django_language"] = "en"
    text = re.sub(r"<[^>]+>", " ", client.get(SAME).content.decode())
    left = set(re.findall(r"[\u4e00-\u9fff]+", text)) - {
        "正",
        "甲",
        "乙",
        "丙",
        "捐",
        "简体",
        "繁體",
        "坡脚",
        "者贵",
        "贵州安龙",
    }
    assert left == set()


def test_a_stranger_finds_no_style_guide_outside_the_demo(client: Client, settings: Any) -> None:
    settings.DEMO = settings.DEBUG = False
    assert client.get(SAME).status_code == 404


def test_aming_chooses_a_language_and_stays_on_the_page() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/choose/", {"language": "zh-hant", "next": "/styleguide/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/styleguide/?a=1")
    assert 'lang="zh-Hant"' in client.get(SAME).content.decode()


def test_the_dark_theme_is_a_choice_that_can_be_taken_back(client: Client) -> None:
    client.post("/choose/", {"theme": "dark", "next": SAME})
    assert 'data-theme="dark"' in client.get(SAME).content.decode()
    client.post("/choose/", {"theme": "", "next": SAME})
    assert "data-theme" not in client.get(SAME).content.decode()


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_leads_nowhere_else(client: Client, to: str) -> None:
    assert client.post("/choose/", {"language": "en", "next": to})["Location"] == "/"


def test_an_unknown_language_or_theme_is_not_kept(client: Client) -> None:
    answer = client.post("/choose/", {"language": "xx", "theme": "neon"})
    assert answer.cookies == {}


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_error_pages_need_no_request_and_say_what_to_do(code: str, language: str) -> None:
    with translation.override(language):
        html = render_to_string(f"{code}.html")
    assert code[:3] in html and inline(html) == []
    assert re.search(r"<h1>[^<]{4,}</h1>", html) and html.count("btn--do") == 1


def test_a_missing_page_is_in_the_look(client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "没有这一页" in answer.content.decode()


LETTER = """{% extends "look/mail/base.html" %}{% block subject %}3床棉被{% endblock %}
{% block letter %}<h1>3床棉被</h1><p class="news news--short">少1床</p>
<table class="ledger"><tr><th>2床</th><td>已点清</td></tr></table>
<p><a class="btn" href="https://example.org/g/1">看这一笔</a></p>{% endblock %}"""


def test_a_letter_carries_its_styles_on_its_elements() -> None:
    from django.template import Context, Template

    html = Template(LETTER).render(Context({}))
    assert "<style" not in html and "var(--" not in html and "<link" not in html
    assert re.search(r'<a [^>]*style="[^"]*background: #0e5c43', html)
    assert "少1床" in html


def test_a_browsers_own_forms_pass_the_origin_check(client: Client) -> None:
    # with no-referrer, browsers send `Origin: null` on a POST of our own page and Django refuses it
    assert client.get(SAME)["Referrer-Policy"] == "same-origin"
    assert 'name="referrer"' not in client.get(SAME).content.decode()
