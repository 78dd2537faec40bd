"""Ten thousand people look at one appeal: they read the same bytes, made once, right within a second."""

import gzip
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.interfaces.crowd import shelf
from backend.interfaces.crowd.front import Front
from backend.interfaces.crowd.inner import render
from backend.interfaces.crowd.kept import keep, load
from backend.interfaces.crowd.paths import PageKey
from backend.interfaces.crowd.shelf import Shelf
from backend.interfaces.crowd.valkey import Valkey
from backend.needs.models import NeedLine
from tests import factories
from tests.interfaces.crowd.conftest import County, Visitor, at_once

pytestmark = pytest.mark.django_db
HOME = PageKey("/", "", "zh-hans", "")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Painter:
    """Makes a page and counts how often it was asked to."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.made, self.fails = clock, 0, False

    def __call__(self, key: PageKey) -> Any:
        if self.fails:
            raise OSError("the database is gone")
        self.made += 1
        return keep("200 OK", (("Content-Type", "text/html"),), f"{self.made}".encode(), self.clock())


def appeal(county: County) -> str:
    return f"/appeals/{county.appeal.public_id}/"


def signed_in(front: Front, client: Any, settings: Any) -> Visitor:
    """A member with a basket, a name and every cookie that our doors give."""
    member = factories.user("阿明的真名", mail="aming@example.org")
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[1])
    client.get("/give/", {"need": NeedLine.objects.first().public_id})  # type: ignore[union-attr]
    client.post("/give/", {"act": "more", f"quantity-{NeedLine.objects.first().public_id}": "2"})  # type: ignore[union-attr]
    return Visitor(front, cookies={name: morsel.value for name, morsel in client.cookies.items()})


@pytest.mark.parametrize("page", ["/", "/money/", "/privacy/", "appeal", "counters"])
def test_two_visitors_read_the_same_bytes(
    front: Front, county: County, client: Any, settings: Any, page: str
) -> None:
    path = {"appeal": appeal(county), "counters": appeal(county) + "counters.json"}.get(page, page)
    member, stranger = signed_in(front, client, settings), Visitor(front)
    assert {"sessionid", "csrftoken", "here"} <= set(member.cookies)
    hers = member.ask(path)
    front.shelf._near.clear()
    his = stranger.ask(path)
    assert (hers.status, hers.body) == (200, his.body)
    for secret in ("阿明的真名", "csrfmiddlewaretoken", 'name="key"', "sessionid", *member.cookies.values()):
        if len(secret) > 1:
            assert secret not in hers.text
    for seen in (hers, his):
        assert seen.cookies == {} and "Set-Cookie" not in seen.headers
        assert seen.headers["Cache-Control"] == "public, no-cache"


def test_a_basket_is_shown_apart(county: County, client: Any) -> None:
    client.post("/give/", {"act": "more", f"quantity-{county.need.public_id}": "2"})
    assert client.cookies["here"].value == "1"
    own = client.get("/here/")
    assert "篮子1样" in own.content.decode() and "no-store" in own["Cache-Control"]
    client.post("/give/", {"act": "mend"})
    assert client.cookies["here"].value == "" and client.get("/here/").content.strip() == b""


def test_a_kept_page_asks_no_database(front: Front, county: County, aming: Visitor) -> None:
    first = aming.ask(appeal(county))
    with CaptureQueriesContext(connection) as seen:
        again = aming.ask(appeal(county))
    assert len(seen) == 0 and again.body == first.body


def test_who_has_it_already_is_told_so_in_304(county: County, aming: Visitor) -> None:
    first = aming.ask("/")
    again = aming.ask("/", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert aming.ask("/", HTTP_IF_NONE_MATCH='"another"').status == 200


def test_it_comes_packed_to_those_who_can_read_it(county: County, aming: Visitor) -> None:
    plain, packed = aming.ask("/"), aming.ask("/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert len(packed.body) * 2 < len(plain.body)
    head = aming.ask("/", "HEAD")
    assert head.body == b"" and head.headers["Content-Length"] == str(len(plain.body))


def test_every_language_and_theme_has_its_own(front: Front, county: County) -> None:
    chinese, english = Visitor(front), Visitor(front, language="en-GB,en;q=0.9")
    chosen = Visitor(front, cookies={"django_language": "en", "theme": "dark"})
    assert "隐私" in chinese.ask("/").text and "Privacy" in english.ask("/").text
    assert 'data-theme="dark"' in chosen.ask("/").text and "Privacy" in chosen.ask("/").text
    assert 'data-theme="' not in english.ask("/").text


def test_what_the_address_carries_beyond_the_page_is_not_kept(front: Front, county: County) -> None:
    for path in ("/?next=evil", "/?town=%3Cb%3E", "/?page=12345", "/give/", "/mine/"):
        Visitor(front).ask(path)
    assert len(front.shelf._near) == 0
    Visitor(front).ask("/?kind=warmth&page=1")
    Visitor(front).ask("/?page=1&kind=warmth")
    assert [key.query for key in front.shelf._near] == ["kind=warmth&page=1"]


def test_a_page_is_right_within_a_second(county: County) -> None:
    """Whatever is served was read from the database less than a second before."""
    clock = Clock()
    painter = Painter(clock)
    shelf_ = Shelf(painter, later=at_once, clock=clock)
    for _ in range(200):
        served = shelf_.get(HOME)
        assert served is not None and clock.now - served.at <= shelf.RIGHT
        clock.now += 0.37
    assert painter.made < 200


def test_a_crowd_costs_one_rendering(county: County) -> None:
    clock = Clock()
    painter = Painter(clock)
    processes = [Shelf(painter, later=at_once, clock=clock) for _ in range(4)]
    for _ in range(100):
        for process in processes:
            process.get(HOME)
    assert painter.made == 1
    clock.now += 0.8
    for process in processes:
        process.get(HOME)
    assert painter.made == 2


def test_who_comes_while_it_is_made_reads_the_old_one_or_waits(county: County) -> None:
    """One flight per page: the others do not start their own."""
    clock, waiting = Clock(), []
    painter = Painter(clock)

    def keep_for_later(act: Any) -> Any:
        future = at_once(lambda: None).__class__()
        waiting.append((act, future))
        return future

    shelf_ = Shelf(painter, later=at_once, clock=clock)
    shelf_.get(HOME)
    shelf_._later = keep_for_later
    clock.now += 0.9
    assert [shelf_.get(HOME).body for _ in range(50)] == [b"1"] * 50  # type: ignore[union-attr]
    assert len(waiting) == 1
    act, future = waiting[0]
    future.set_result(act())
    assert shelf_.get(HOME).body == b"2"  # type: ignore[union-attr]


def test_without_valkey_each_process_keeps_its_own(county: County, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    clock = Clock()
    painter = Painter(clock)
    shelf_ = Shelf(painter, later=at_once, clock=clock, store=Valkey())
    for _ in range(50):
        shelf_.get(HOME)
    assert painter.made == 1
    clock.now += 1.5
    assert shelf_.get(HOME).body == b"2"  # type: ignore[union-attr]


def test_without_a_database_the_old_page_is_better_than_none(county: County) -> None:
    clock = Clock()
    painter = Painter(clock)
    shelf_ = Shelf(painter, later=at_once, clock=clock)
    shelf_.get(HOME)
    painter.fails = True
    clock.now += 300
    assert shelf_.get(HOME).body == b"1"  # type: ignore[union-attr]
    clock.now += 400
    assert shelf_.get(HOME) is None


def test_what_speaks_to_one_visitor_is_never_kept() -> None:
    assert keep("200 OK", (("Set-Cookie", "a=b"),), b"", 0.0) is None
    assert keep("500 Internal Server Error", (), b"", 0.0) is None
    kept = keep("200 OK", (("X-Request-Id", "1"), ("Content-Type", "text/html")), b"page", 1.0)
    assert kept is not None and kept.headers == (("Content-Type", "text/html"),)
    assert load(kept.dumped()) == kept


def test_unknown_appeals_do_not_fill_the_store(front: Front, county: County, aming: Visitor) -> None:
    unknown = "/appeals/apl_" + "0" * 26 + "/"
    assert aming.ask(unknown).status == 404
    key = next(iter(front.shelf._near))
    assert front.shelf._found(front.shelf._names(key)[0]) is None
    assert render(front.application, key).status.startswith("404")  # type: ignore[union-attr]


def test_the_counters_say_how_each_need_stands(county: County, aming: Visitor) -> None:
    gone = factories.need(county.appeal, factories.item("雨靴", "双"), wanted=3, reserved=3)
    said = json.loads(aming.ask(appeal(county) + "counters.json").body)["needs"]
    assert said[county.need.public_id]["left"] == 10 and said[county.need.public_id]["gone"] == ""
    assert said[gone.public_id]["left"] == 0 and "捐够了" in said[gone.public_id]["gone"]
    assert "要10床" in said[county.need.public_id]["cells"]
