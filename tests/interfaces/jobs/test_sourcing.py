"""The tasks that order what is due and pass over who keeps silent."""

import pytest

from backend.interfaces.jobs.schedule import SCHEDULE
from backend.interfaces.jobs.sourcing import expire_silent, order_what_is_due
from backend.supplier_orders.models import SupplierOrder
from tests.backend.supplier_orders.stories import gift, ordered
from tests.cast import MONDAY
from tests.factories import Village

pytestmark = pytest.mark.django_db


def test_what_is_due_is_ordered_once_however_often_it_is_announced() -> None:
    village = Village()
    gift(village, 3)
    assert [order_what_is_due(), order_what_is_due()] == [1, 0]
    assert SupplierOrder.objects.get().items.get().asked == 3


def test_a_silent_order_is_passed_over_once() -> None:
    village = Village()
    order = ordered(village, 3)
    SupplierOrder.objects.filter(request_status="submitted").update(respond_by=MONDAY)
    expire_silent()
    assert expire_silent() == 0
    order.refresh_from_db()
    assert order.request_status == "expired"


def test_both_are_announced() -> None:
    assert {"sourcing.pull_due", "sourcing.expire_silent"} <= {said.task for said in SCHEDULE.values()}
    assert {order_what_is_due.name, expire_silent.name} == {"sourcing.pull_due", "sourcing.expire_silent"}
