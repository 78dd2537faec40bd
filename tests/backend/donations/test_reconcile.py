"""A counter that drifts from its lines is found, whichever it is."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.donations.operations import Choice, ask, gather_due, pay_refunds, start_gathering, take_back
from backend.donations.queries import appeal_totals, reconcile
from backend.needs.queries import Scope
from tests.backend.donations.stories import AMING, give, given, units_of
from tests.cast import MONDAY, later
from tests.factories import Village

pytestmark = pytest.mark.django_db

DRIFTS = {
    "need.reserved": "UPDATE needs_needline SET reserved = reserved - 1",
    "funded_line.filled": "UPDATE donations_funding SET amount = amount + 1",
    "funded_line.released": "UPDATE donations_fundedline SET released = released + 1 WHERE sourced + held + released < quantity",
    "funded_line.held": "UPDATE donations_question SET quantity = quantity + 1",
    "gift_line.directed": "UPDATE donations_funding SET released = released + 1 WHERE released < amount",
    "gift_line.refunded": "UPDATE donations_refundline SET amount = amount + 1",
    "gift_line.amount": "UPDATE donations_donationline SET directed = directed - 1 WHERE directed > 0",
    "gift.amount": "UPDATE donations_donation SET amount = amount + 1",
    "payment.amount": "UPDATE donations_payment SET amount = amount + 1",
    "payment.refunded": "UPDATE donations_payment SET refunded = refunded - 1 WHERE refunded > 0",
    "refund.amount": "UPDATE donations_refund SET amount = amount + 1",
    "gift.status": "UPDATE donations_donation SET paid_at = NULL",
    "gathering.amount": "UPDATE donations_gathering SET gathered_amount = gathered_amount - 1",
    "ledger.gateway": "UPDATE ledger_transfer SET amount = amount + 1 WHERE kind = 'gift_paid'",
}


@pytest.fixture
def village(settings: Any) -> Village:
    """Gifts in every standing: gathered, placed, paid, asked about, taken back and refunded."""
    settings.UNDO_MINUTES = 30
    village = Village(wanted=20)
    give(village.need, 2)
    ask(funded_line=units_of(given(village.need, 3)).pk, quantity=1, actor="system:jobs", at=MONDAY)
    undone = given(village.need, 4)
    take_back(donation=undone.public_id, actor="visitor:aming", at=later(minutes=1))
    pay_refunds(at=later(minutes=2), by="w")
    start_gathering(
        client="visitor:foundation", key="all", scope=Scope(), exact=True, donor=AMING, promise=Choice.REFUND,
        actor="visitor:foundation", at=MONDAY,
    )  # fmt: skip
    gather_due(at=MONDAY, by="w")
    return village


def test_sound_books_say_nothing(village: Village) -> None:
    assert reconcile() == []
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "0" in out.getvalue()


@pytest.mark.parametrize("counter", DRIFTS)
def test_each_drift_is_found(village: Village, counter: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DRIFTS[counter])
        assert cursor.rowcount, "the story must have such a row"
    assert counter in {drift.counter for drift in reconcile()}
    with pytest.raises(CommandError):
        call_command("reconcile", stdout=StringIO(), stderr=StringIO())


def test_totals_of_an_appeal_are_exact(village: Village) -> None:
    totals = appeal_totals(appeal_id=village.appeal.pk)
    assert (totals.given_amount, totals.refunded_amount, totals.gifts) == (7 * 6_800, 4 * 6_800, 1)
