import pytest

from backend.donations.models import Payment
from backend.donations.operations import Receipt
from backend.donations.queries import due_lines
from backend.journal.models import Entry
from backend.ledger.queries import trial_balance
from tests.backend.donations.stories import give, pay, units_of
from tests.cast import later
from tests.factories import Village

pytestmark = pytest.mark.django_db


def test_a_gift_claims_the_need_and_waits_for_its_payment() -> None:
    village = Village(wanted=10)
    gift = give(village.need, 3)
    village.need.refresh_from_db()
    units = units_of(gift)
    assert village.need.reserved == 3
    assert (gift.amount, gift.status) == (3 * 6_800, "placed")
    assert (units.quantity, units.filled, units.due_at) == (3, 3 * 6_800, None)
    assert Payment.objects.get(donation=gift).amount == gift.amount
    assert Entry.objects.get(kind="gift.placed").subject == gift.public_id
    assert trial_balance().accounts == ()


def test_a_paid_gift_is_in_the_books_and_due_after_the_undo(settings) -> None:
    settings.UNDO_MINUTES = 30
    village = Village(wanted=10)
    gift = give(village.need, 3)
    assert pay(gift) is Receipt.SETTLED
    gift.refresh_from_db()
    assert gift.status == "paid" and gift.order_after == later(minutes=30)
    assert trial_balance().of("gateway") == gift.amount == -trial_balance().of("gifts")
    assert due_lines(at=later(minutes=29)) == []
    (due,) = due_lines(at=later(minutes=30))
    assert (due.quantity, due.unit_price, due.item_id) == (3, 6_800, village.item.pk)
