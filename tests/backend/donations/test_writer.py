"""The writer thread: many at once, one bad among good, a lost connection, a fork, too many waiting."""

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest
from django.db import DatabaseError, connections

from backend.donations.models import Donation
from backend.donations.operations import Busy, DonorDetail, PlacedGift, place
from backend.donations.queries import reconcile
from backend.donations.rules import NotEnoughLeft
from backend.donations.writer import Placed, thread
from backend.needs.models import NeedLine
from tests.backend.donations.stories import AMING, line, wish
from tests.cast import MONDAY
from tests.factories import Village

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def village() -> Village:
    return Village(wanted=10_000)


def give(village: Village, key: str, quantity: int = 1, donor: DonorDetail = AMING) -> PlacedGift:
    lines = [line(village.need, quantity)]
    return place(client="visitor:aming", key=key, lines=lines, donor=donor, actor="visitor:aming", at=MONDAY)


def reserved() -> int:
    return NeedLine.objects.get().reserved


def in_threads(act: Any, count: int) -> list[Any]:
    def run(number: int) -> Any:
        try:
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_gift_is_answered_after_its_commit(village: Village) -> None:
    placed = give(village, "k")
    assert Donation.objects.get().public_id == placed.donations[0]
    assert "/sandbox-gateway/pay/?" in placed.pay_url and placed.amount == 6_800


def test_a_replay_leads_to_the_payment_until_it_is_made(village: Village) -> None:
    first, second = give(village, "k"), give(village, "k")
    assert second.replayed and second.donations == first.donations and second.pay_url == first.pay_url
    Donation.objects.update(status="paid")
    assert give(village, "k").pay_url == ""


def test_a_refusal_reaches_its_own_caller(village: Village) -> None:
    with pytest.raises(NotEnoughLeft):
        give(village, "k", 10_001)
    assert reserved() == 0


def test_who_waits_is_written_together(village: Village, monkeypatch: Any) -> None:
    """While one batch is written the others gather: far fewer batches than gifts."""
    sizes: list[int] = []
    real = thread.place_many

    def slow(connection: Any, gifts: Any) -> Any:
        sizes.append(len(gifts))
        time.sleep(0.05)
        return real(connection, gifts)

    monkeypatch.setattr(thread, "place_many", slow)
    answers = in_threads(lambda n: give(village, f"k{n}"), 40)
    assert all(isinstance(answer, PlacedGift) for answer in answers), answers
    assert sum(sizes) == 40 and len(sizes) < 10
    assert reserved() == 40 and reconcile() == []


def test_a_batch_has_an_end(village: Village, monkeypatch: Any) -> None:
    monkeypatch.setattr(thread, "BATCH", 3)
    sizes: list[int] = []
    real = thread.place_many

    def counted(connection: Any, gifts: Any) -> Any:
        sizes.append(len(gifts))
        return real(connection, gifts)

    monkeypatch.setattr(thread, "place_many", counted)
    in_threads(lambda n: give(village, f"k{n}"), 20)
    assert max(sizes) <= 3 and sum(sizes) == 20


def test_one_bad_gift_does_not_refuse_its_neighbours(village: Village) -> None:
    """A donor who does not exist is found only by the database, at the end of the whole batch."""
    nobody = DonorDetail(user_id=10**9)
    writer = thread.writer()
    with writer._lock:  # all three wait before the thread may begin
        waiting = []
        for key, donor in (("a", AMING), ("bad", nobody), ("c", AMING)):
            gift = wish(line(village.need), key=key, donor=donor)
            waiting.append(thread.Waiting(gift))
            writer.queue.put(waiting[-1])
    last = writer.put(wish(line(village.need), key="d"))
    for each in (*waiting, last):
        with contextlib.suppress(DatabaseError):
            each.answer(10)
    assert [each.failure is None for each in (*waiting, last)] == [True, False, True, True]
    assert reserved() == 3 and reconcile() == []


def test_a_door_that_does_not_wait_is_told_once(village: Village) -> None:
    told: SimpleQueue[Any] = SimpleQueue()
    wishes = [
        wish(line(village.need), key="a"),
        wish(line(village.need), key="a"),
        wish(line(village.need, 99_999), key="b"),
        wish(line(village.need), key="c", donor=DonorDetail(user_id=10**9)),
    ]
    said = []
    for gift in wishes:
        thread.submit_soon(gift, told.put)
        said.append(told.get(timeout=10))
    assert [type(each) for each in said[:3]] == [Placed, Placed, NotEnoughLeft]
    assert [each.replayed for each in said[:2]] == [False, True]
    assert isinstance(said[3], DatabaseError)
    assert told.empty() and reserved() == 1


def test_a_name_that_the_database_cannot_hold_harms_nobody(village: Village) -> None:
    answers = in_threads(
        lambda n: give(village, f"k{n}", donor=DonorDetail(name="\x00" if n == 3 else "阿明")), 8
    )
    assert sum(isinstance(answer, PlacedGift) for answer in answers) == 7
    assert reserved() == 7


def test_a_lost_connection_is_opened_again(village: Village) -> None:
    give(village, "before")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    give(village, "after")
    assert reserved() == 2 and reconcile() == []


def test_an_idle_writer_goes_and_comes_back(village: Village, monkeypatch: Any) -> None:
    monkeypatch.setattr(thread, "IDLE_SECONDS", 0.02)
    for turn in range(5):
        give(village, f"k{turn}")
        time.sleep(0.03)
    assert reserved() == 5


def test_too_many_waiting_are_told_at_once(village: Village, monkeypatch: Any) -> None:
    monkeypatch.setattr(thread, "MOST_WAITING", 0)
    with pytest.raises(Busy):
        give(village, "k")
    assert reserved() == 0


def test_who_waits_too_long_is_told_to_send_again_and_finds_the_gift(
    village: Village, monkeypatch: Any, settings: Any
) -> None:
    real = thread.place_many

    def slow(connection: Any, gifts: Any) -> Any:
        time.sleep(0.3)
        return real(connection, gifts)

    monkeypatch.setattr(thread, "place_many", slow)
    settings.GIFT_WAIT_SECONDS = 0.1
    with pytest.raises(Busy):
        give(village, "k")
    settings.GIFT_WAIT_SECONDS = 10
    assert give(village, "k").replayed and reserved() == 1


def test_a_forked_child_has_a_writer_of_its_own(village: Village) -> None:
    give(village, "parent")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            connections["default"].connection = None  # the parent's socket stays the parent's
            give(village, "child")
            thread.writer().stop()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert reserved() == 2
    give(village, "parent again")
    assert reserved() == 3
