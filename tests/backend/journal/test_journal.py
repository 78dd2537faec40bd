"""What happened stays; its order is the order in which it became visible."""

import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction

from backend.journal import queries
from backend.journal.kinds import Kind
from backend.journal.models import Entry, Sequence
from backend.journal.operations import advance, first_answer, keep_answer, purge_answers, record, sequence
from backend.kernel.db import TransactionStance, own_transaction
from tests.cast import MONDAY, later

note = own_transaction(record)


def write(subject: str = "gift:1", **more: object) -> Entry:
    return note(kind=Kind.GIFT_PLACED, subject=subject, actor="user:aming", at=MONDAY, **more)


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_part_of_its_callers_transaction() -> None:
    with pytest.raises(TransactionStance, match="joins its caller"):
        record(kind=Kind.GIFT_PLACED, subject="gift:1", actor="user:aming", at=MONDAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"kind": "other"}, {"public": {"a": 1}}, {"actor": ""}, {"private": {"name": "x"}}]
)
def test_an_entry_is_never_rewritten(change: dict[str, object]) -> None:
    entry = write(private={"name": "阿明"})
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**change)


@pytest.mark.django_db
def test_an_entry_is_never_deleted() -> None:
    entry = write()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk)._raw_delete(
            "default"
        )  # Django itself would stop at what points here


@pytest.mark.django_db
def test_a_person_can_be_forgotten_and_the_digest_stays() -> None:
    entry = write(private={"name": "阿明"})
    Entry.objects.filter(pk=entry.pk).update(private=None, salt=None)
    entry.refresh_from_db()
    assert entry.private is None and entry.salt is None and len(bytes(entry.private_digest)) == 32


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_gets_a_later_place_and_is_not_missed() -> None:
    """Id 1 commits after id 2: a reader by id would never see it, a reader by place does."""
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(kind=Kind.GIFT_PLACED, subject="gift:slow", actor="user:a", at=MONDAY)
            written.set()
            go_on.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    write("gift:fast")
    assert sequence() == 1
    assert [fact.subject for fact in queries.after(seq=0)] == ["gift:fast"]
    position = queries.head()
    go_on.set()
    thread.join()
    assert sequence() == 1
    assert [fact.subject for fact in queries.after(seq=position)] == ["gift:slow"]
    slow_id, fast_id = (Entry.objects.get(subject=f"gift:{s}").pk for s in ("slow", "fast"))
    assert slow_id < fast_id, "the story needs the slow one to have the lower id"


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_give_each_entry_one_place() -> None:
    for i in range(40):
        write(f"gift:{i}")
    start = threading.Barrier(4)

    def run() -> None:
        start.wait(10)
        while sequence(limit=7):
            continue
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while sequence():
        continue
    assert Sequence.objects.count() == 40
    assert len({fact.subject for fact in queries.after(seq=0)}) == 40


@pytest.mark.django_db
def test_a_reader_moves_once_per_position() -> None:
    for i in range(3):
        write(f"gift:{i}")
    sequence()
    assert queries.position(reader="letters") == 0
    assert advance(reader="letters", frm=0, to=2) is True
    assert advance(reader="letters", frm=0, to=2) is False, "another run was faster"
    assert queries.position(reader="letters") == 2


@pytest.mark.django_db
def test_facts_about_a_gift_come_in_the_order_they_happened() -> None:
    write("gift:1"), write("gift:2"), write("gift:1", public={"second": True})
    assert [fact.public for fact in queries.about(subjects=["gift:1"])] == [{}, {"second": True}]
    assert connection.in_atomic_block


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day_and_then_goes() -> None:
    seen = {"client": "key", "key": "a-1", "fingerprint": "f"}
    assert first_answer(**seen, at=MONDAY) is None
    own_transaction(keep_answer)(client="key", key="a-1", status=201, body={"n": 1}, at=MONDAY)

    assert purge_answers(at=later(hours=24)) == 0
    assert first_answer(**seen, at=later(hours=23)) == (201, {"n": 1})
    assert purge_answers(at=later(hours=25)) == 1
    assert first_answer(**seen, at=later(hours=25)) is None
