"""A shipment whose boxes come to the school in two drops closes with the last count, and tells of both."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from backend.confirmations.models import Confirmation
from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found, shipment_whole
from backend.deliveries.models import Drop, DropParcel
from backend.deliveries.operations import deliver_by_carrier
from tests.backend.confirmations.stories import TEACHER_WEI, Road
from tests.cast import MONDAY, later

HALF = 20  # of 40 quilts in two boxes


class TwoDrops(Road):
    """The second box comes by itself."""

    def __post_init__(self) -> None:
        super().__post_init__()
        second = Drop.objects.create(
            recipient=self.village.recipient, site=self.village.recipient.site, carrier_ref="YD-2",
            expected_from=later(days=4), expected_to=later(days=4, hours=1), created_at=later(days=2),
        )  # fmt: skip
        boxes = DropParcel.objects.filter(drop=self.drop)
        DropParcel.objects.filter(pk=boxes.order_by("-parcel").values("pk")[:1]).update(drop=second)
        self.drops = (self.drop, second)

    def arrive(self, n: int) -> None:
        deliver_by_carrier(drop=self.drops[n], client_uuid=f"c{n}", actor="carrier:yd", at=MONDAY)

    def tell(self, n: int, received: int) -> Confirmation:
        return submit_tally(
            drop=self.drops[n].public_id, client_uuid=f"phone-{n}", device="a phone", counted_at=MONDAY, at=MONDAY,
            counts=[Found(self.item.public_id, received)], actor=TEACHER_WEI,
        )  # fmt: skip

    @property
    def state(self) -> str:
        self.shipment.refresh_from_db()
        return self.shipment.state


# a count may come before the courier's word
ORDERS = list(itertools.permutations(("arrive 0", "arrive 1", "tell 0", "tell 1")))


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
@pytest.mark.parametrize(
    ("counts", "state"),
    [((HALF, HALF), "confirmed"), ((HALF - 1, HALF), "discrepancy"), ((HALF, HALF - 1), "discrepancy")],
)
def test_the_state_follows_from_all_counts(
    order: tuple[str, ...], counts: tuple[int, int], state: str
) -> None:
    road, told = TwoDrops(), 0
    for word, n in (act.split() for act in order):
        if word == "arrive":
            road.arrive(int(n))
        else:
            road.tell(int(n), counts[int(n)])
            told += 1
        assert (road.state in ("confirmed", "discrepancy")) == (told == 2)

    assert road.state == state


@pytest.mark.django_db(transaction=True)
def test_two_counts_that_meet_close_the_shipment_once() -> None:
    road = TwoDrops()
    road.arrive(0)
    road.arrive(1)

    def phone(n: int) -> str:
        try:
            return road.tell(n, HALF - n).state
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(phone, (0, 1))) == ["complete", "discrepancy"]

    assert road.state == "discrepancy"


def test_a_shipment_is_whole_when_every_line_came() -> None:
    assert shipment_whole([(3, 3), (17, 17)]) is True
    assert shipment_whole([(3, 3), (17, 16)]) is False
    assert shipment_whole([(3, 3), (17, None)]) is None
    assert shipment_whole([(3, 2), (17, None)]) is None
