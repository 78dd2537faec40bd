"""One letter for each reader and fact, sent at least once, under one name."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.test import override_settings

from backend.donations.models import Detail
from backend.journal.kinds import Kind
from backend.journal.operations import record, sequence
from backend.journal.queries import position
from backend.notices import operations
from backend.notices.models import Letter
from backend.notices.operations import LEASE, Mail, NothingToSay, send_due, write_due
from backend.notices.rules import (
    LONGEST_WAIT,
    MOST_TRIES,
    Audience,
    Due,
    LetterKind,
    letters_for,
    wait_after,
)
from tests import factories
from tests.backend.confirmations.stories import Road
from tests.cast import later

pytestmark = pytest.mark.django_db


def happens(kind: Kind, subject: str, **public: object) -> None:
    with transaction.atomic():
        record(kind=kind, subject=subject, actor="x", at=later(), public=public)
    sequence()


def plain(letter: Letter) -> Mail:
    return Mail(
        (f"{letter.to.replace(':', '.')}@example.org",), f"{letter.kind} {letter.seq}", "text", "<p>html</p>"
    )


def letters() -> list[tuple[str, str]]:
    return sorted(Letter.objects.values_list("kind", "to"))


@pytest.mark.parametrize(
    ("kind", "public", "due"),
    [
        ("gift.paid", {}, [LetterKind.PAID]),
        ("gift.late_paid", {"outcome": "returned"}, [LetterKind.RETURNED]),
        ("gift.late_paid", {"outcome": "reserved_again"}, [LetterKind.PAID]),
        ("shipment.moved", {"state": "in_transit"}, [LetterKind.ROAD]),
        ("shipment.moved", {"state": "delivered"}, []),
        ("drop.failed", {"reason": "road"}, [LetterKind.LATE, LetterKind.NOT_TODAY]),
        ("drop.failed", {"reason": "not_loaded"}, [LetterKind.NOT_TODAY]),
        ("tally.received", {"differs": True}, [LetterKind.DISPUTED]),
        ("tally.received", {"differs": False}, []),
        ("gift.placed", {}, []),
    ],
)
def test_which_letters_a_fact_makes_due(kind: str, public: dict[str, object], due: list[LetterKind]) -> None:
    assert [letter.kind for letter in letters_for(kind, public)] == due


def test_every_letter_has_its_readers() -> None:
    kinds = {kind.value for kind in Kind}
    told = {
        d
        for kind in kinds
        for public in ({}, {"outcome": "returned"}, {"state": "in_transit"}, {"differs": 1})
        for d in letters_for(kind, public)
    }
    assert {due.kind for due in told} == set(LetterKind)
    assert Due(LetterKind.ORDER, Audience.SUPPLIER) in told


def test_waits_grow_up_to_six_hours() -> None:
    waits = [wait_after(n) for n in range(1, MOST_TRIES + 1)]
    assert waits == sorted(waits) and waits[-1] == LONGEST_WAIT


def test_a_count_is_told_to_every_gift_in_the_drop_once() -> None:
    road = Road()
    road.count(39)
    sequence()

    assert write_due(at=later()) > 0 and write_due(at=later()) == 0
    counted = [to for kind, to in letters() if kind == "counted"]
    assert counted == sorted(f"gift:{gift.public_id}" for gift in road.gifts)


def test_donors_without_an_address_get_no_letter_and_members_by_their_account() -> None:
    user = factories.user("阿明", mail="aming@example.org")
    silent, member = Road((3,), boxes=1), Road((4,), boxes=1, donor=user)
    Detail.objects.update(mail="")
    for road in (silent, member):
        happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")

    write_due(at=later())

    assert letters() == [("paid", f"gift:{member.gifts[0].public_id}")]


def test_facts_for_schools_suppliers_and_officers() -> None:
    road = Road((3,), boxes=1)
    happens(Kind.DROP_EXPECTED, f"drop:{road.drop.public_id}")
    happens(Kind.ORDER_SENT, f"order:{road.order.public_id}")
    happens(Kind.TALLY_RECEIVED, f"drop:{road.drop.public_id}", differs=True)

    write_due(at=later())

    village = road.village
    assert letters() == [
        ("coming", f"org:{village.recipient.organisation.public_id}"),
        ("disputed", f"org:{village.charity.organisation.public_id}"),
        ("order", f"org:{village.supplier.organisation.public_id}"),
    ]


def test_a_letter_is_sent_once_and_written_down() -> None:
    road = Road((3,), boxes=1)
    happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")
    write_due(at=later())

    assert send_due(compose=plain, by="w1", at=later()) == 1
    assert send_due(compose=plain, by="w1", at=later(days=1)) == 0
    assert len(mail.outbox) == 1 and Letter.objects.get().state == "sent"
    assert Letter.objects.get().sent_at == later()


def test_a_letter_that_nobody_needs_any_more_is_not_sent() -> None:
    road = Road((3,), boxes=1)
    happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")
    write_due(at=later())

    def nothing(letter: Letter) -> Mail:
        raise NothingToSay

    send_due(compose=nothing, by="w1", at=later())
    assert Letter.objects.get().state == "needless" and mail.outbox == []


def test_a_dead_mail_server_is_tried_again_with_longer_waits_and_then_kept_as_failed() -> None:
    road = Road((3,), boxes=1)
    happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")
    write_due(at=later())
    at = later()

    with override_settings(EMAIL_BACKEND="tests.backend.notices.dead.DeadServer"):
        for _ in range(MOST_TRIES):
            assert send_due(compose=plain, by="w1", at=at) == 1
            letter = Letter.objects.get()
            assert letter.due_at > at and letter.claimed_until is None
            assert send_due(compose=plain, by="w1", at=at) == 0
            at = letter.due_at
    assert letter.state == "failed" and "dead" in letter.failure


def test_one_letter_that_cannot_be_composed_does_not_hold_up_the_others() -> None:
    road = Road((3, 4), boxes=1)
    for gift in road.gifts:
        happens(Kind.GIFT_PAID, f"gift:{gift.public_id}")
    write_due(at=later())
    first = Letter.objects.order_by("pk")[0].pk

    def half(letter: Letter) -> Mail:
        if letter.pk == first:
            raise KeyError("a word is missing")
        return plain(letter)

    send_due(compose=half, by="w1", at=later())
    assert sorted(Letter.objects.values_list("state", flat=True)) == ["due", "sent"]


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_write_each_letter_once() -> None:
    road = Road(tuple([2] * 10))
    for gift in road.gifts:
        happens(Kind.GIFT_PAID, f"gift:{gift.public_id}")

    def run(_: int) -> int:
        try:
            return write_due(at=later(), limit=3) + write_due(at=later(), limit=100)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    while write_due(at=later()):
        pass
    assert Letter.objects.filter(kind="paid").count() == 10
    assert position(reader="letters") > 0


def _send_and_die(folder: str, name: str) -> None:
    """A worker process that is killed right after the letter left and before it was written down."""
    connections.close_all()
    connection.settings_dict["NAME"] = name

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    operations._end = die  # type: ignore[assignment]
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend", EMAIL_FILE_PATH=folder
    ):
        send_due(compose=plain, by="killed", at=later())


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_costs_a_repeat_under_the_same_name(tmp_path: Path) -> None:
    road = Road((3,), boxes=1)
    happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")
    write_due(at=later())

    name = str(connection.settings_dict["NAME"])
    process = multiprocessing.get_context("fork").Process(target=_send_and_die, args=(str(tmp_path), name))
    connections.close_all()
    process.start()
    process.join(30)
    assert process.exitcode == -9

    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend", EMAIL_FILE_PATH=str(tmp_path)
    ):
        assert (
            send_due(compose=plain, by="w2", at=later(minutes=1)) == 0
        )  # the dead worker's lease still runs
        assert send_due(compose=plain, by="w2", at=later() + LEASE * 1.1) == 1

    # two letters of one second may lie in one file: it is named by the second and an address in memory
    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    sent = [line for line in lines if line.startswith("Message-ID:")]
    assert len(sent) == 2 and len(set(sent)) == 1
    assert Letter.objects.get().state == "sent"
