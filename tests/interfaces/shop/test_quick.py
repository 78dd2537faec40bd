"""The short way of a plain gift: as safe as the long one, and nothing is asked twice."""

from typing import Any

import pytest
from django.test import Client

from backend.config import middleware
from backend.donations import operations
from backend.donations.models import Donation
from backend.interfaces.shop import quick
from tests.interfaces.shop.conftest import County
from tests.interfaces.shop.test_giving import confirm, filled, hidden

pytestmark = pytest.mark.django_db(transaction=True)
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
    real = operations.place

    def told(**wish: Any) -> Any:
        keys.append(wish["key"])
        return real(**wish)

    monkeypatch.setattr(operations, "place", told)
    return keys


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For every POST, whether the short way answered it."""
    taken: list[bool] = []
    real = quick.quick

    def told(request: Any) -> Any:
        answer = real(request)
        taken.append(answer is not None)
        return answer

    monkeypatch.setattr(middleware.quick, "quick", told)
    return taken


def test_a_plain_gift_takes_it_with_every_header_and_its_own_link(
    county: County, asked: list[str], ways: list[bool]
) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/give/", {"need": county.need.public_id})
    html = page.content.decode()
    form = filled(html) | {"csrfmiddlewaretoken": hidden(html, "csrfmiddlewaretoken")}
    answer = client.post("/give/", form, headers={"X-Request-Id": "gate-0123456", "Accept-Language": "en"})
    assert (answer.status_code, ways, len(asked)) == (302, [True], 1)
    assert "/sandbox-gateway/pay/?order=" in answer["Location"] and set(answer.cookies) == {"unpaid", "here"}
    assert [answer[name] for name in FIXED] == [page[name] for name in FIXED]
    assert "no-store" in answer["Cache-Control"] and answer["X-Request-Id"] == "gate-0123456"
    assert Donation.objects.get().detail.language == "en"


def test_a_form_without_our_token_is_stopped_on_both_ways(
    county: County, asked: list[str], ways: list[bool]
) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/give/", filled(confirm(client, county.need)))
    assert (answer.status_code, ways, asked) == (403, [False], [])


def test_a_browser_without_a_session_of_ours_goes_the_long_way(county: County, ways: list[bool]) -> None:
    form = filled(confirm(Client(), county.need))
    assert Client().post("/give/", form).status_code == 302
    assert ways == [False] and Donation.objects.count() == 1


def test_a_refusal_is_asked_for_once_and_answered_in_words(
    county: County, client: Client, asked: list[str], ways: list[bool]
) -> None:
    form = filled(confirm(client, county.need, 2))
    type(county.need).objects.update(reserved=9)
    answer = client.post("/give/", form)
    assert (answer.status_code, ways, len(asked)) == (409, [False], 1)
    assert answer["Content-Type"].startswith("text/html") and Donation.objects.count() == 0


def test_a_basket_is_tidied_by_the_long_way(county: County, client: Client, ways: list[bool]) -> None:
    client.post("/give/", filled(confirm(client, county.need, 2), act="more"))
    client.post("/give/", filled(client.get("/give/").content.decode()))
    assert ways == [False, False] and Donation.objects.count() == 1
    assert "篮子是空的" in client.get("/give/").content.decode()


def test_the_same_key_again_leads_to_the_same_payment(
    county: County, client: Client, ways: list[bool]
) -> None:
    form = filled(confirm(client, county.need))
    first, second = client.post("/give/", form), client.post("/give/", form)
    assert first["Location"] == second["Location"] and ways == [True, True]
    assert Donation.objects.count() == 1
