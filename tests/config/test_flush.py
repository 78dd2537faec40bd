"""What a test committed is gone before the next one, the journal included; what migrations fill stays."""

import pytest
from django.contrib.auth.models import Permission

from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from tests.cast import MONDAY


@own_transaction
def leave_a_row() -> None:
    record(kind=Kind.GIFT_PLACED, subject="gift:1", actor="user:aming", at=MONDAY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_turn_finds_an_empty_journal_and_all_permissions(turn: int) -> None:
    assert Entry.objects.count() == 0
    assert Permission.objects.count() > 50
    leave_a_row()
    assert Entry.objects.count() == 1
