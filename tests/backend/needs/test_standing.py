"""Teacher Wei counts, says enough, and asks again; needs are claimed and freed."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.journal.models import Entry
from backend.kernel.states import WrongState
from backend.needs.models import NeedLine
from backend.needs.operations import (
    AlreadySo,
    NoSuchAppeal,
    NoSuchLine,
    claim_open,
    close_appeal,
    free,
    mark_received,
    resume,
    stop_line,
)
from tests.cast import MONDAY, later
from tests.factories import Village, item, need

pytestmark = pytest.mark.django_db
WEI = "user:usr_wei"


@pytest.fixture
def village() -> Village:
    return Village(wanted=10)


@pytest.fixture
def lamps(village: Village) -> NeedLine:
    return need(village.appeal, item("台灯", "盏"), wanted=2, price=3_000)


def reserved(*rows: NeedLine) -> list[int]:
    return [NeedLine.objects.get(pk=row.pk).reserved for row in rows]


def test_what_is_open_is_claimed_and_the_rest_is_told(village: Village, lamps: NeedLine) -> None:
    assert claim_open(quantities={village.need.pk: 4, lamps.pk: 3}, at=MONDAY) == {village.need.pk}
    assert reserved(village.need, lamps) == [4, 0]
    assert claim_open(quantities={village.need.pk: 6, lamps.pk: 2}, at=MONDAY) == {village.need.pk, lamps.pk}
    assert claim_open(quantities={village.need.pk: 1}, at=MONDAY) == set()


@pytest.mark.parametrize(
    "change",
    [{"state": "closed"}, {"starts_at": later(minutes=1)}, {"ends_at": MONDAY}],
    ids=["closed", "not begun", "over"],
)
def test_nothing_is_claimed_of_an_appeal_that_takes_nothing(village: Village, change: dict[str, Any]) -> None:
    type(village.appeal).objects.update(**change)
    assert claim_open(quantities={village.need.pk: 1}, at=MONDAY) == set()


def test_what_is_freed_can_be_claimed_again(village: Village) -> None:
    claim_open(quantities={village.need.pk: 10}, at=MONDAY)
    free(quantities={village.need.pk: 4})
    assert reserved(village.need) == [6]
    with pytest.raises(IntegrityError), transaction.atomic():
        free(quantities={village.need.pk: 7})


def test_what_is_counted_is_received_and_told(village: Village, lamps: NeedLine) -> None:
    mark_received(quantities={lamps.pk: 1, village.need.pk: 3}, actor=WEI, at=MONDAY)
    mark_received(quantities={village.need.pk: 2}, actor=WEI, at=later(days=1))
    village.need.refresh_from_db()
    assert village.need.received == 5
    facts = Entry.objects.filter(subject=f"need:{village.need.public_id}", kind="need.received").order_by(
        "pk"
    )
    assert [fact.public for fact in facts] == [
        {"counted": 3, "received": 3, "wanted": 10},
        {"counted": 2, "received": 5, "wanted": 10},
    ]
    assert {fact.charity for fact in facts} == {village.charity.organisation.public_id}


def test_enough_is_enough_until_she_asks_again(village: Village) -> None:
    row = stop_line(need_line=village.need.public_id, reason="够了", actor=WEI, at=MONDAY)
    assert row.stopped_at == MONDAY
    assert claim_open(quantities={row.pk: 1}, at=MONDAY) == set()
    with pytest.raises(AlreadySo):
        stop_line(need_line=row.public_id, reason="够了", actor=WEI, at=MONDAY)
    resume(need_line=row.public_id, reason="来了新生", actor=WEI, at=later(days=1))
    assert claim_open(quantities={row.pk: 1}, at=later(days=1)) == {row.pk}
    with pytest.raises(AlreadySo):
        resume(need_line=row.public_id, reason="", actor=WEI, at=later(days=1))
    stopped = Entry.objects.get(kind="need.stopped")
    assert stopped.public["reason"] == "够了" and stopped.actor == WEI


def test_a_closed_appeal_is_closed_once_and_for_all(village: Village) -> None:
    row = close_appeal(appeal=village.appeal.public_id, reason="done", actor="user:cen", at=MONDAY)
    assert row.state == "closed"
    assert claim_open(quantities={village.need.pk: 1}, at=MONDAY) == set()
    fact = Entry.objects.get(kind="appeal.closed")
    assert (fact.subject, fact.public) == (f"appeal:{row.public_id}", {"reason": "done"})
    with pytest.raises(WrongState):
        close_appeal(appeal=row.public_id, reason="done", actor="user:cen", at=MONDAY)
    with pytest.raises(NoSuchAppeal):
        close_appeal(appeal="apl_unheard", reason="", actor="user:cen", at=MONDAY)


def test_a_need_that_is_not_there(village: Village) -> None:
    for switch in (stop_line, resume):
        with pytest.raises(NoSuchLine):
            switch(need_line="nee_unheard", reason="", actor=WEI, at=MONDAY)
