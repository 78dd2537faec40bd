"""What everybody may see of the newest counts, good and bad."""

import pytest

from backend.confirmations.queries import recent_counts
from tests import factories
from tests.backend.confirmations.stories import Road

pytestmark = pytest.mark.django_db


def test_the_newest_count_is_told_with_what_is_bad_and_missing() -> None:
    road = Road()
    road.deliver()
    road.count(38, damaged=1)
    (seen,) = recent_counts()
    assert (seen.quantity, seen.received, seen.bad, seen.missing) == (40, 38, 1, 1)
    assert seen.recipient_names["zh-Hans"] == "示范小学（者贵村）"


def test_an_appeal_shows_its_own_counts_alone() -> None:
    road = Road()
    road.deliver()
    road.count(40)
    other = factories.appeal(road.village.charity, factories.recipient())
    assert len(recent_counts(appeal=road.village.appeal.public_id)) == 1
    assert recent_counts(appeal=other.public_id) == []
