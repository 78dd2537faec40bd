"""A shared gift is forwarded to ten thousand people: kept like the pages of everybody, gone when taken back."""

import secrets
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.donations.models import Donation
from backend.donations.operations import end_share, share
from backend.donations.tokens import gift_token
from backend.interfaces.crowd import shelf
from backend.interfaces.crowd.front import Front
from backend.interfaces.crowd.paths import NOT_SHARED
from backend.interfaces.crowd.shelf import Shelf
from backend.interfaces.crowd.valkey import Valkey
from backend.kernel.signing import is_code, new_code
from tests import factories
from tests.backend.confirmations.stories import Road
from tests.cast import later
from tests.interfaces.crowd.conftest import Visitor, at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
def gift(road: Road) -> Donation:
    return road.gifts[0]


@pytest.fixture
def page(gift: Donation) -> str:
    return f"/s/{share(donation=gift.public_id, actor='gift:x', at=later())}/"


class Clock:
    """Of a shelf; it turns when told."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(front: Front, monkeypatch: Any) -> Clock:
    clock = Clock()
    monkeypatch.setattr("backend.interfaces.crowd.inner.time.time", clock)
    front.shelf._clock = clock
    return clock


def test_two_visitors_read_the_same_bytes(
    front: Front, gift: Donation, page: str, client: Client, settings: Any
) -> None:
    member = factories.user("阿明的真名", mail="member@example.org")
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[1])
    key = gift_token(donation=gift.public_id, link_version=gift.link_version)
    client.get(f"/gifts/{key}/")
    hers = Visitor(front, cookies={name: morsel.value for name, morsel in client.cookies.items()})
    his = Visitor(front)
    assert "sessionid" in hers.cookies

    first = hers.ask(page)
    front.shelf._near.clear()
    second = his.ask(page, QUERY_STRING="from=singlemessage&isappinstalled=0")

    assert first.status == 200 and first.body == second.body and "3床棉被" in first.text
    for secret in (
        "阿明", "aming", "member@", "csrfmiddlewaretoken", "sessionid", "/gifts/", "¥", key, gift.public_id,
        page.strip("/").partition("/")[2], *hers.cookies.values(),
    ):  # fmt: skip
        assert secret not in first.text
        assert not any(secret in value for value in first.headers.values())
    for seen in (first, second):
        assert seen.cookies == {} and seen.headers["Cache-Control"] == "public, no-cache"


def test_it_asks_no_database_and_is_told_in_304(front: Front, page: str, aming: Visitor) -> None:
    first = aming.ask(page)
    with CaptureQueriesContext(connection) as seen:
        again = aming.ask(page, HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status, again.body, len(seen)) == (304, b"", 0)


def test_a_count_at_the_school_is_there_within_a_second(
    clock: Clock, road: Road, page: str, aming: Visitor
) -> None:
    before = aming.ask(page)
    assert "3床在路上" in before.text
    road.count(40, at=later(days=3))

    clock.now += shelf.RIGHT + 0.01
    after = aming.ask(page, HTTP_IF_NONE_MATCH=before.headers["ETag"])

    assert after.status == 200 and "3床点清了" in after.text


def test_taken_back_it_is_gone_within_a_second(
    clock: Clock, gift: Donation, page: str, aming: Visitor
) -> None:
    etag = aming.ask(page).headers["ETag"]
    end_share(donation=gift.public_id, actor="gift:x", at=later())

    clock.now += shelf.RIGHT + 0.01
    gone = aming.ask(page, HTTP_IF_NONE_MATCH=etag)

    assert gone.status == 404 and "分享的人收回了链接" in gone.text


def test_without_valkey_and_then_without_a_database(
    clock: Clock, front: Front, page: str, aming: Visitor, settings: Any, monkeypatch: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    front.shelf = Shelf(front.shelf._make, at_once, Valkey(), clock)
    first = aming.ask(page)
    assert first.status == 200

    def fails(key: Any) -> Any:
        raise OSError("the database is gone")

    monkeypatch.setattr(front.shelf, "_make", fails)
    clock.now += 300
    assert aming.ask(page).body == first.body


def test_a_flood_of_guesses_costs_one_page(front: Front, page: str, aming: Visitor) -> None:
    """Guesses, bitten-off links and other things: all the same kept page, no database, no room on the shelf."""
    code = page.split("/")[2]
    aming.ask("/s/-/")
    kept = dict(front.shelf._near)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    guesses = ["".join(secrets.choice(alphabet) for _ in range(20)) for _ in range(200)]
    guesses += [code[:-1], code + "a", code.upper(), code[:-1] + "1", "é" * 20, "don_1"]
    with CaptureQueriesContext(connection) as seen:
        answers = [aming.ask(f"/s/{guess}/") for guess in guesses]
    assert {answer.status for answer in answers} == {404} and len({answer.body for answer in answers}) == 1
    assert len(seen) == 0 and set(front.shelf._near) == set(kept)
    assert [key.path for key in kept] == [NOT_SHARED]


def test_a_link_without_its_last_stroke_is_the_same_page(front: Front, page: str, aming: Visitor) -> None:
    assert aming.ask(page.rstrip("/")).body == aming.ask(page).body
    assert [key.path for key in front.shelf._near] == [page]


def test_a_code_is_ours_under_an_older_secret_too(settings: Any) -> None:
    old = new_code()
    assert is_code(old) and len({new_code() for _ in range(1_000)}) == 1_000
    older, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-of-the-house"
    assert not is_code(old)
    settings.SECRET_KEY_FALLBACKS = [older]
    assert is_code(old)
