"""What `make bench-orders` compares with must write the same rows as a gift of ours."""

import re

import pytest
from django.db import connection

from backend.config.bench_orders import single
from backend.config.bench_orders.wishes import Need
from backend.donations.models import Donation, FundedLine, Payment, PaymentAccount
from backend.donations.queries import reconcile
from backend.journal.models import Entry
from tests.backend.donations.stories import give
from tests.factories import Village

pytestmark = pytest.mark.django_db


def test_the_rivals_statement_writes_a_whole_gift() -> None:
    village = Village(wanted=10)
    row = village.need
    need = Need(row.pk, row.public_id, row.charity_id, row.unit_price)
    account = PaymentAccount.objects.get(charity=row.charity_id).pk
    text = single.statement(need, account)
    assert set(re.findall(r"(?<!:):(\w+)", text)) == {
        "id",
        "need",
    }  # pgbench would take any other for a variable
    for number in (single.FIRST_ID, single.FIRST_ID + 1):
        with connection.cursor() as cursor:
            cursor.execute(text.replace(":id", str(number)).replace(":need", str(need.id)))
    ours = give(row)
    assert reconcile() == []
    row.refresh_from_db()
    assert row.reserved == 3 and Entry.objects.filter(kind="gift.placed").count() == 3
    theirs = Donation.objects.get(pk=single.FIRST_ID)
    for gift in (theirs, ours):
        assert (gift.amount, gift.status, Payment.objects.get(donation=gift).amount) == (
            6_800,
            "placed",
            6_800,
        )
        assert FundedLine.objects.get(fundings__line__donation=gift).quantity == 1
        assert gift.detail.language == "zh-hans"
