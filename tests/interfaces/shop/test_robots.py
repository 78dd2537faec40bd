"""A robot at the door: its gifts wait for a person, its address is asked, nobody behind that address is refused."""

import hashlib
import re
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.donations.models import Attempt, Donation, Payment, Review
from backend.donations.operations import Receipt, receive_notice
from backend.donations.payments.sandbox import remote
from backend.interfaces.crowd import challenge
from backend.interfaces.crowd.tally import Tally
from backend.interfaces.crowd.valkey import Valkey
from backend.interfaces.shop import robots
from backend.interfaces.shop.robots import Pace, Verdict, judge
from tests.backend.donations.stories import notice_of, order_of
from tests.interfaces.crowd.conftest import an_empty_valkey
from tests.interfaces.shop.conftest import County

__all__ = ["an_empty_valkey"]
pytestmark = pytest.mark.django_db(transaction=True)


def give(client: Client, county: County, **more: str) -> Any:
    page = client.get("/give/", {"need": county.need.public_id}).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    need = county.need
    form = {
        "act": "pay", f"quantity-{need.public_id}": "1", f"price-{need.public_id}": str(need.unit_price),
        "promise": "refund", "stands_alone": "yes", "key": key[1], **more,
    }  # fmt: skip
    return client.post("/give/", form)


@pytest.mark.parametrize(
    ("pace", "stopped", "answered", "verdict"),
    [
        (Pace(1, 1, 1), False, False, Verdict.GO),
        (Pace(8, 8, 8), False, False, Verdict.GO),  # one in 15 seconds, for two minutes
        (Pace(9, 9, 9), False, False, Verdict.HOLD),
        (Pace(1, 120, 1), False, False, Verdict.GO),
        (Pace(1, 121, 1), False, False, Verdict.STOP),
        (Pace(1, 1, 60), False, False, Verdict.GO),
        (Pace(1, 1, 61), False, False, Verdict.ASK),
        (Pace(1, 1, 9_999), False, True, Verdict.GO),  # an address is never refused
        (Pace(9, 9, 61), False, True, Verdict.HOLD),
        (Pace(1, 1, 1), True, True, Verdict.FAILED),
    ],
)
def test_what_is_done(pace: Pace, stopped: bool, answered: bool, verdict: Verdict) -> None:
    assert judge(pace, stopped=stopped, answered=answered) is verdict


def test_a_pace_no_human_has_is_held_for_review(client: Client, county: County, settings: Any) -> None:
    settings.PERSON_SECONDS = 60  # two gifts in two minutes
    answers = [give(client, county) for _ in range(4)]
    assert all("/sandbox-gateway/pay/" in answer["Location"] for answer in answers)
    assert [Review.objects.filter(donation=gift).exists() for gift in Donation.objects.order_by("pk")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_visitor_who_gives_all_hour_is_told_to_stop(client: Client, county: County, settings: Any) -> None:
    settings.PERSON_GIFTS_AN_HOUR = 1
    assert give(client, county).status_code == 302
    told = give(client, county)
    assert told.status_code == 429 and "一小时后再捐" in told.content.decode()
    assert give(Client(), county).status_code == 302  # somebody else goes on
    assert Donation.objects.count() == 2


def test_a_busy_address_is_asked_and_a_person_answers_in_words(
    client: Client, county: County, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS_GIFTS_A_MINUTE = 0
    monkeypatch.setattr(challenge, "SOONEST", 0)
    asked = give(client, county, name="阿明")
    page = asked.content.decode()
    assert asked.status_code == 428 and 'value="阿明"' in page and Donation.objects.count() == 0
    one, two = map(int, re.search(r"(\d+)加(\d+)等于几", page).groups())  # type: ignore[union-attr]
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    wrong = client.post("/give/", {**form, "said": "99"})
    assert wrong.status_code == 428 and "没有对上" in wrong.content.decode()
    right = client.post("/give/", {**form, "said": str(one + two)})
    assert "/sandbox-gateway/pay/" in right["Location"]
    assert give(client, county).status_code == 302  # not asked twice within the hour
    stolen = Client()
    stolen.cookies["person"] = client.cookies["person"].value
    assert give(stolen, county).status_code == 428  # the answer is this visitor's own


def test_a_browser_answers_by_counting() -> None:
    asked = challenge.puzzle(1_000.0)
    number = challenge.counted(asked.token)
    assert hashlib.sha256(f"{asked.token}:{number}".encode()).digest()[:2] < b"\x00\x04"
    solve = {"said": "", "now": 1_000.5}
    assert not challenge.is_solved(asked.token, proof="x", **solve)
    assert not challenge.is_solved(asked.token + "x", proof=number, **solve)
    assert challenge.is_solved(asked.token, proof=number, **solve)
    assert not challenge.is_solved(asked.token, proof=number, **solve)  # once
    words = challenge.puzzle(1_000.0)
    answer = {"said": str(words.one + words.two), "proof": ""}
    assert not challenge.is_solved(words.token, now=1_001.0, **answer)  # nobody reads that quickly
    assert not challenge.is_solved(words.token, now=1_601.0, **answer)
    assert challenge.is_solved(words.token, now=1_003.0, **answer)


def test_failed_payments_stop_the_visitor_not_the_street(
    client: Client, county: County, settings: Any
) -> None:
    settings.CARD_MOST_FAILURES = 2
    give(client, county)
    payment = Payment.objects.select_related("donation__checkout").get()
    who = payment.donation.checkout.client  # type: ignore[union-attr]
    for _ in range(2):
        Attempt.objects.create(payment=payment, client=who, at=county.now)
    robots.forget()
    told = give(client, county)
    assert told.status_code == 429 and "付款失败太多次了" in told.content.decode()
    assert give(Client(), county).status_code == 302


def test_a_tester_who_is_a_new_visitor_for_every_card_is_asked_with_the_whole_address(
    county: County, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever new cookies, ever new cards: neither a visitor nor a card fails twice, but the address does."""
    settings.ADDRESS_MOST_FAILURES = 3
    monkeypatch.setattr(challenge, "SOONEST", 0)
    for n in range(3):
        robots.forget()
        assert give(Client(), county).status_code == 302
        payment = Payment.objects.select_related("donation__checkout").order_by("-pk")[0]
        fail(payment, card=f"card {n}")
    robots.forget()
    person = Client()
    asked = give(person, county)
    assert asked.status_code == 428 and Donation.objects.count() == 3
    page = asked.content.decode()
    one, two = map(int, re.search(r"(\d+)加(\d+)等于几", page).groups())  # type: ignore[union-attr]
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    answer = person.post("/give/", {**form, "said": str(one + two)})
    assert "/sandbox-gateway/pay/" in answer["Location"]  # a neighbour is asked, never refused
    assert give(Client(REMOTE_ADDR="203.0.113.9"), county).status_code == 302  # the next street is not
    with CaptureQueriesContext(connection) as seen:
        give(person, county)
    assert not any("split_part" in each["sql"] for each in seen)  # not asked for every gift


def fail(payment: Payment, card: str) -> None:
    """The bank says no, and the gateway tells us."""
    gift = payment.donation
    now = timezone.now()
    remote.fail(order_of(gift), at=now, card=card)
    assert receive_notice(**notice_of(gift, signed_at=now), at=now) is Receipt.FAILED


def test_processes_count_together_and_alone_without_valkey(settings: Any) -> None:
    one, two = (Tally("t", seconds=60, share_from=3, clock=lambda: 1_000.0) for _ in range(2))
    assert [one.add("a") for _ in range(4)] == [1, 2, 3, 4]
    assert [two.add("a") for _ in range(4)] == [1, 2, 7, 8]
    assert one.add("b") == 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    alone = Tally("t", seconds=60, share_from=1, clock=lambda: 1_000.0, store=Valkey())
    assert [alone.add("a") for _ in range(3)] == [1, 2, 3]


def test_a_new_minute_begins_anew() -> None:
    now = [1_000.0]
    tally = Tally("m", seconds=60, share_from=1, clock=lambda: now[0])
    assert [tally.add("a"), tally.add("a")] == [1, 2]
    now[0] += 60
    assert tally.add("a") == 1


def test_one_gift_a_second_asks_and_the_others_go_on_with_what_was_said() -> None:
    clock, asked = [100.0], []

    def ask(at: datetime) -> frozenset[str]:
        asked.append(at)
        return frozenset({f"visitor:{len(asked)}"})

    word = robots._EverySecond(ask, lambda: clock[0])
    assert not word.will_do() and not word.will_do()  # nothing was said yet
    assert word.now() == word.now() == word.last == {"visitor:1"} and word.will_do()
    clock[0] += 1.5
    assert [word.will_do() for _ in range(4)] == [False, True, True, True]
    clock[0] += 2
    assert [word.will_do() for _ in range(3)] == [False, True, True]
    assert word.now() == {"visitor:2"} and len(asked) == 2
    clock[0] += 6
    assert not word.will_do() and not word.will_do()
