"""No announcement keeps a worker for long: whoever is next has its turn."""

import itertools
from functools import partial

import pytest
from django.utils import timezone

from backend.interfaces.jobs import letters, turns
from backend.interfaces.jobs.turns import while_any
from backend.notices.models import Letter


def test_it_ends_when_nothing_is_left_or_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert while_any(iter([20, 3, 0, 5]).__next__) == 23
    clock = itertools.count()  # a second passes at every look
    monkeypatch.setattr(turns.time, "monotonic", lambda: float(next(clock)))
    assert while_any(lambda: 10, seconds=3.0) == 40


@pytest.mark.django_db
def test_a_crowds_letters_leave_the_worker_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    Letter.objects.bulk_create(
        [
            Letter(to="org:nobody", kind="drop.late", seq=n, subject_label="drop:gone", due_at=now)
            for n in range(30)
        ]
    )
    monkeypatch.setattr(letters, "while_any", partial(while_any, seconds=0.0))
    assert [letters.send_letters() for _ in range(4)] == [10, 10, 10, 0]
