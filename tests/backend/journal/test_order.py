"""Facts get their place when they become visible, and nobody who reads by place misses one."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from backend.journal import queries
from backend.journal.kinds import Kind
from backend.journal.models import Entry, Unplaced
from backend.journal.operations import PLACED, advance, record, sequence
from backend.kernel.db import TransactionStance
from tests.cast import MONDAY


def written(subject: str, **fields: object) -> Entry:
    return record(kind=Kind.GIFT_PAID, subject=subject, actor="gift:aming", at=MONDAY, **fields)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_facts_are_read_in_the_order_of_their_places() -> None:
    for subject in ("don_1", "don_2", "don_3"):
        written(subject)

    assert sequence() == 3
    assert [fact.subject for fact in queries.after(seq=0)] == ["don_1", "don_2", "don_3"]
    assert [fact.subject for fact in queries.after(seq=0, subjects=["don_2"])] == ["don_2"]
    assert sequence() == 0
    assert not Unplaced.objects.exists()


@pytest.mark.django_db
def test_a_long_queue_is_placed_in_parts() -> None:
    Entry.objects.bulk_create(
        [
            Entry(kind="gift.paid", subject=f"don_{i}", actor="x", happened_at=MONDAY, recorded_at=MONDAY)
            for i in range(7)
        ]
    )

    assert [sequence(limit=3) for _ in range(4)] == [3, 3, 1, 0]
    assert [fact.subject for fact in queries.after(seq=0)] == [f"don_{i}" for i in range(7)]


@pytest.fixture
def slow_writer(transactional_db: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A second real connection, in a transaction of its own."""
    settings = connection.get_connection_params()
    keep = {key: settings[key] for key in ("dbname", "user", "host", "port", "password") if settings.get(key)}
    with psycopg.connect(**keep) as other:
        yield other


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_never_missed(
    slow_writer: psycopg.Connection[tuple[object, ...]],
) -> None:
    """Id 1 is taken first and committed last: a reader by id would have passed it."""
    slow_writer.execute(
        "INSERT INTO journal_entry (public_id, kind, subject, charity, actor, happened_at, recorded_at, public)"
        " VALUES ('evt_late', 'gift.paid', 'don_late', '', 'x', now(), now(), '{}')"
    )
    with transaction.atomic():
        early = written("don_early")
    sequence()
    seen = queries.after(seq=0)
    assert [fact.subject for fact in seen] == ["don_early"]

    slow_writer.commit()
    sequence()

    assert [fact.subject for fact in queries.after(seq=seen[-1].seq)] == ["don_late"]
    assert Entry.objects.get(subject="don_late").pk < early.pk


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_gets_a_place() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        written("don_gone")
        _ = 1 / 0

    assert sequence() == 0
    assert queries.after(seq=0) == []


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_at_once_give_every_fact_one_place() -> None:
    for i in range(200):
        with transaction.atomic():
            written(f"don_{i}")

    def run() -> None:
        for _ in range(30):
            sequence(limit=10)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while sequence(limit=50):
        pass

    assert [fact.subject for fact in queries.after(seq=0, limit=500)] == [f"don_{i}" for i in range(200)]


@pytest.mark.django_db(transaction=True)
def test_listeners_hear_when_facts_are_placed(slow_writer: psycopg.Connection[tuple[object, ...]]) -> None:
    slow_writer.autocommit = True
    slow_writer.execute(f"LISTEN {PLACED}")
    with transaction.atomic():
        written("don_1")
    sequence()

    assert [note.channel for note in slow_writer.notifies(timeout=5, stop_after=1)] == [PLACED]


@pytest.mark.django_db
def test_a_reader_moves_on_only_from_where_it_stands() -> None:
    assert queries.position(reader="letters") == 0
    assert advance(reader="letters", frm=0, to=5)
    assert not advance(reader="letters", frm=0, to=9)
    assert queries.position(reader="letters") == 5


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_part_of_somebodys_transaction() -> None:
    with pytest.raises(TransactionStance):
        written("don_1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"kind": "gift.expired"}, {"public": {"a": 1}}, {"private": {"name": "b"}}]
)
def test_an_entry_never_changes(change: dict[str, object]) -> None:
    entry = written("don_1", private={"name": "a"})

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**change)


@pytest.mark.django_db
def test_only_the_private_part_can_be_erased_and_its_digest_stays() -> None:
    entry = written("don_1", private={"name": "a"})

    Entry.objects.filter(pk=entry.pk).update(private=None, salt=None)

    entry.refresh_from_db()
    assert entry.private is None and entry.private_digest is not None
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk)._raw_delete("default")
