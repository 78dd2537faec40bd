"""What pages ask of gifts costs the same for one row and for thirty."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.donations.models import Donation
from backend.donations.operations import DonorDetail
from backend.donations.queries import due_lines, gift, gifts_of_user
from backend.donations.rules import GiftStatus
from tests.backend.donations.stories import Choice, line, pay, place_all, wish
from tests.cast import MONDAY, later
from tests.factories import Village, appeal, item, need, recipient, user

pytestmark = pytest.mark.django_db


def queries_of(act: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        act()
    return len(seen)


def test_a_members_gifts_cost_the_same_for_one_and_for_thirty(settings: Any) -> None:
    settings.UNDO_MINUTES = 0
    village, aming = Village(wanted=1_000), user("阿明")
    donor = DonorDetail(user_id=aming.pk, name="阿明")

    def give(count: int) -> None:
        for _ in range(count):
            other = need(appeal(village.charity, recipient()), item(), wanted=9)
            place_all(wish(line(village.need), line(other, 2), donor=donor))
        for row in Donation.objects.filter(status="placed"):
            pay(row)

    give(1)
    one = queries_of(lambda: gifts_of_user(user_id=aming.pk))
    due_one = queries_of(lambda: due_lines(at=MONDAY))
    give(29)
    assert queries_of(lambda: gifts_of_user(user_id=aming.pk)) == one
    assert queries_of(lambda: due_lines(at=MONDAY)) == due_one == 1
    assert len(gifts_of_user(user_id=aming.pk)) == 30 and len(due_lines(at=MONDAY)) == 60


def test_a_gift_shows_its_lines_as_they_were_promised() -> None:
    village = Village(wanted=10)
    lamps = need(village.appeal, item("台灯", "盏"), price=3_000)
    (placed,) = place_all(wish(line(village.need, 2, Choice.WAIT), line(lamps, 3, Choice.NEAREST)))
    page = gift(public_id=placed.donations[0].donation)  # type: ignore[union-attr]
    assert page is not None and page.status is GiftStatus.PLACED
    assert [(i.item_names["zh-Hans"], i.quantity, i.unit_price, i.promise) for i in page.items] == [
        ("棉被", 2, 6_800, Choice.WAIT),
        ("台灯", 3, 3_000, Choice.NEAREST),
    ]
    assert (page.name, page.message, page.amount) == ("阿明", "冬天不冷", 22_600)
    assert gift(public_id="don_unheard") is None


def test_the_oldest_gift_is_due_first(settings: Any) -> None:
    settings.UNDO_MINUTES = 0
    village = Village(wanted=10)
    late, early = place_all(wish(line(village.need)), wish(line(village.need)))
    for at, placed in ((later(hours=2), late), (later(hours=1), early)):
        pay(Donation.objects.get(public_id=placed.donations[0].donation), at=at)  # type: ignore[union-attr]
    due = due_lines(at=later(hours=3))
    assert [row.due_at for row in due] == [later(hours=1), later(hours=2)]
    assert len(due_lines(at=later(hours=3), limit=1)) == 1
    assert due_lines(at=later(hours=3), charity_ids=[]) == []
