"""The short way of a plain gift: as safe as the long one, and nothing is asked twice."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.http import QueryDict
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from backend.config.lane import Answers
from backend.donations import operations
from backend.donations.models import Detail, Donation
from backend.donations.rules import KeyReused
from backend.donations.writer import Busy, Said
from backend.interfaces.crowd.tally import Tally
from backend.interfaces.shop import quick, robots
from tests import factories
from tests.interfaces.shop.conftest import County
from tests.interfaces.shop.door import Door, in_a_loop
from tests.interfaces.shop.test_giving import confirm, filled, hidden

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = "application/x-www-form-urlencoded"
FIXED = (
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of every gift that reached the room."""
    keys: list[str] = []
    for name in ("place", "place_soon"):
        _count(monkeypatch, name, keys)
    return keys


def _count(monkeypatch: pytest.MonkeyPatch, name: str, keys: list[str]) -> None:
    real = getattr(operations, name)

    def told(**wish: Any) -> Any:
        keys.append(wish["key"])
        return real(**wish)

    monkeypatch.setattr(operations, name, told)


@pytest.fixture(params=["loop", "thread"])
def door(request: pytest.FixtureRequest) -> Door:
    return Door(loop=request.param == "loop")


def form_of(html: str, **changes: str) -> dict[str, str]:
    return filled(html) | {"csrfmiddlewaretoken": hidden(html, "csrfmiddlewaretoken")} | changes


def send(door: Door, form: dict[str, str], **extra: Any) -> Any:
    """POST as a browser encodes it."""
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in form.items())
    return door.post("/give/", body, content_type=PLAIN, **extra)


def test_a_plain_gift_takes_it_with_every_header_and_its_own_link(
    county: County, door: Door, asked: list[str]
) -> None:
    page = door.get("/give/", {"need": county.need.public_id})
    form = form_of(page.content.decode(), name="阿明 & 家人", message="冬天+不冷", mail="aming@example.org")
    answer = send(door, form, headers={"X-Request-Id": "gate-0123456", "Accept-Language": "en"})
    assert (answer.status_code, door.short, len(asked)) == (302, [True], 1)
    assert "/sandbox-gateway/pay/?order=" in answer["Location"] and set(answer.cookies) == {"unpaid", "here"}
    assert answer.cookies["unpaid"]["httponly"] and answer.cookies["unpaid"]["samesite"] == "Lax"
    assert [answer[name] for name in FIXED] == [page[name] for name in FIXED]
    assert "no-store" in answer["Cache-Control"] and answer["X-Request-Id"] == "gate-0123456"
    detail = Detail.objects.get()
    assert (detail.name, detail.message, detail.language) == ("阿明 & 家人", "冬天+不冷", "en")
    told = door.get("/here/").content.decode()
    assert "unpaid" in told and answer.cookies["unpaid"].value in told


def test_the_loop_takes_guests_and_asks_nobody_but_the_writer(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door()
    form = form_of(confirm(door, county.need))
    assert send(door, form).status_code == 302
    with monkeypatch.context() as away:
        away.setattr(Tally, "is_ours", lambda tally, who: False)  # Valkey would have to be asked
        assert send(door, form | {"key": f"2{form['key']}"}).status_code == 302
    with monkeypatch.context() as away:
        away.setattr(robots._EverySecond, "will_do", lambda _: False)  # the database would have to be asked
        assert send(door, form | {"key": f"3{form['key']}"}).status_code == 302
    door.force_login(factories.user("aming@example.org"), backend="django.contrib.auth.backends.ModelBackend")
    assert send(door, form_of(confirm(door, county.need))).status_code == 302
    assert (door.soon, door.short, door.faults) == ([True, False, False, False], [True] * 4, [])


@override_settings(GIFT_WAIT_SECONDS=0.01)
def test_whoever_hears_nothing_in_time_is_told_so_and_the_rest_hear() -> None:
    async def wait() -> list[Said]:
        answers = Answers(asyncio.get_running_loop(), look_seconds=0.02)
        told: list[Callable[[Said], None]] = []
        waiting = [asyncio.ensure_future(answers.of(told.append)) for _ in range(3)]
        await asyncio.sleep(0)
        told[1](KeyReused())
        said = await asyncio.gather(*waiting)
        told[0](KeyReused())  # too late: nobody listens any more
        await asyncio.sleep(0)
        return said

    assert [type(each) for each in in_a_loop(wait())] == [Busy, KeyReused, Busy]


def test_a_form_without_our_token_is_stopped_on_both_ways(
    county: County, door: Door, asked: list[str]
) -> None:
    answer = send(door, filled(confirm(door, county.need)))
    assert (answer.status_code, door.short, asked) == (403, [False], [])


@pytest.mark.parametrize(
    "told",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"secure": True},  # with neither origin nor referer
        {"secure": True, "HTTP_REFERER": "https://evil.example/"},
        {"secure": True, "HTTP_REFERER": "http://testserver/give/"},
    ],
)
def test_a_form_from_elsewhere_is_stopped_on_both_ways(
    county: County, door: Door, asked: list[str], told: dict[str, Any]
) -> None:
    answer = send(door, form_of(confirm(door, county.need)), **told)
    assert (answer.status_code, door.short, asked) == (403, [False], [])


def test_a_form_from_here_passes_with_an_origin_or_a_referer(county: County, door: Door) -> None:
    for told in (
        {"HTTP_ORIGIN": "http://testserver"},
        {"secure": True, "HTTP_REFERER": "https://testserver/give/?need=nee_1"},
    ):
        assert send(door, form_of(confirm(door, county.need)), **told).status_code == 302
    assert door.short == [True, True]


def test_a_host_that_is_not_ours_is_refused(county: County, door: Door, asked: list[str]) -> None:
    answer = send(door, form_of(confirm(door, county.need)), HTTP_HOST="evil.example")
    assert (answer.status_code, door.short, asked) == (400, [False], [])


def test_another_visitors_token_is_no_good(county: County, door: Door, asked: list[str]) -> None:
    other = hidden(confirm(Door(), county.need), "csrfmiddlewaretoken")
    answer = send(door, form_of(confirm(door, county.need), csrfmiddlewaretoken=other))
    assert (answer.status_code, door.short, asked) == (403, [False], [])


def test_a_browser_without_a_session_of_ours_goes_the_long_way(county: County, door: Door) -> None:
    form = form_of(confirm(door, county.need))
    session = door.cookies.pop("sessionid").value
    assert send(door, form).status_code == 302
    door.cookies["sessionid"] = session[:-1] + ("A" if session[-1] != "A" else "B")
    assert send(door, form | {"key": form["key"][::-1]}).status_code == 302
    assert door.short == [False, False] and Donation.objects.count() == 2


@override_settings(SESSION_COOKIE_AGE=-1)
def test_a_session_that_is_over_goes_the_long_way(county: County, door: Door) -> None:
    assert send(door, form_of(confirm(door, county.need))).status_code == 302
    assert door.short == [False]


def test_a_member_takes_it_too_and_the_gift_is_theirs(county: County, door: Door) -> None:
    aming = factories.user("aming@example.org")
    door.force_login(aming, backend="django.contrib.auth.backends.ModelBackend")
    assert send(door, form_of(confirm(door, county.need))).status_code == 302
    assert door.short == [True] and Donation.objects.get().user == aming
    type(aming).objects.filter(pk=aming.pk).update(is_active=False)
    assert send(door, form_of(confirm(door, county.need))).status_code == 302
    assert door.short == [True, False] and Donation.objects.filter(user=None).count() == 1


def test_a_refusal_is_asked_for_once_and_answered_in_words(
    county: County, door: Door, asked: list[str]
) -> None:
    form = form_of(confirm(door, county.need, 2))
    type(county.need).objects.update(reserved=9)
    answer = send(door, form)
    assert (answer.status_code, door.short, len(asked)) == (409, [False], 1)
    assert answer["Content-Type"].startswith("text/html") and Donation.objects.count() == 0


def test_a_fault_in_it_is_no_answer_for_the_donor(
    county: County, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(confirm(door, county.need))
    monkeypatch.setattr(quick, "_lines", lambda filled: 1 / 0)
    assert send(door, form).status_code == 302
    assert door.short == [False] and Donation.objects.count() == 1
    assert [type(fault) for fault in door.faults] == [ZeroDivisionError] * len(door.soon)


@pytest.mark.parametrize(
    "changes",
    [
        {"act": "more"},
        {"mail": "nobody"},
        {"stands_alone": ""},
        {"message": "长" * 401},
        {"name": "x" * 20_000},
    ],
)
def test_what_is_to_be_mended_or_put_aside_is_answered_in_words(
    county: County, door: Door, asked: list[str], changes: dict[str, str]
) -> None:
    answer = send(door, form_of(confirm(door, county.need), **changes))
    assert door.short == [False] and asked == []
    assert answer.status_code == (302 if changes == {"act": "more"} else 422)


def test_another_encoding_goes_the_long_way(county: County, door: Door) -> None:
    assert door.post("/give/", form_of(confirm(door, county.need))).status_code == 302  # multipart
    assert door.short == [False] and Donation.objects.count() == 1


def test_a_basket_is_tidied_by_the_long_way(county: County, door: Door) -> None:
    send(door, form_of(confirm(door, county.need, 2), act="more"))
    send(door, form_of(door.get("/give/").content.decode()))
    assert door.short == [False, False] and Donation.objects.count() == 1
    assert "篮子是空的" in door.get("/give/").content.decode()


def test_the_same_key_again_leads_to_the_same_payment(county: County, door: Door) -> None:
    form = form_of(confirm(door, county.need))
    first, second = send(door, form), send(door, form)
    assert first["Location"] == second["Location"] and door.short == [True, True]
    assert Donation.objects.count() == 1


@override_settings(PERSON_SECONDS=120)
def test_whoever_is_too_quick_is_counted_on_both_ways(county: County, door: Door) -> None:
    form = form_of(confirm(door, county.need))
    for turn in range(3):
        assert send(door, form | {"key": f"{turn}{form['key']}"}).status_code == 302
    assert door.short == [True, False, False], "held for review by the long way"


ANY = st.text(st.sampled_from("ab01=&;+%/ é\r\n") | st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(ANY, ANY), max_size=6))
@example([("a", "1"), ("a", "2")])
@example([("", "1")])
def test_forms_read_as_django_reads_them(fields: list[tuple[str, str]]) -> None:
    _agrees("&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields))


@given(st.text(st.sampled_from("ab01=&;+%2F0C3A9"), max_size=30))
def test_bodies_of_no_browser_read_as_django_reads_them(body: str) -> None:
    _agrees(body)


def _agrees(body: str) -> None:
    environ: dict[str, Any] = {"CONTENT_TYPE": PLAIN, "CONTENT_LENGTH": str(len(body))}
    read = quick._form(environ | {"wsgi.input": BytesIO(body.encode())})
    assert read == QueryDict(body).dict() and list(read or ()) == list(QueryDict(body))
