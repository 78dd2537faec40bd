"""The books: transfers between two accounts, balanced by construction, rolled up by day."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.ledger.models import Account, Balance, Transfer
from backend.ledger.operations import Posting, account, post, post_many, reverse, roll_up
from backend.ledger.queries import balance_on, balances, trial_balance
from backend.ledger.rules import AccountKind, TransferKind
from backend.parties.models import Charity
from tests.cast import MONDAY, later
from tests.factories import charity, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def of() -> Charity:
    return charity()


@pytest.fixture
def entry() -> Entry:
    return record(kind=Kind.GIFT_PAID, subject="don_1", actor="gateway:sandbox", at=MONDAY)


def pair(of: Charity) -> tuple[Account, Account]:
    return (
        account(charity_id=of.pk, kind=AccountKind.GATEWAY),
        account(charity_id=of.pk, kind=AccountKind.GIFTS),
    )


def move(of: Charity, entry: Entry, amount: int = 6_800, **fields: Any) -> Transfer:
    debit, credit = pair(of)
    values = {"kind": TransferKind.GIFT_PAID, "at": MONDAY, **fields}
    return post(debit=debit, credit=credit, amount=amount, entry=entry, **values)


def test_an_account_is_opened_once(of: Charity) -> None:
    assert pair(of) == pair(of)
    owner = supplier().organisation
    owed = account(charity_id=of.pk, kind=AccountKind.PAYABLE, owner_id=owner.pk)
    assert owed == account(charity_id=of.pk, kind=AccountKind.PAYABLE, owner_id=owner.pk)
    assert owed != account(charity_id=of.pk, kind=AccountKind.PAYABLE)
    assert Account.objects.count() == 4


def test_debits_and_credits_are_always_equal(of: Charity, entry: Entry) -> None:
    move(of, entry, 6_800)
    move(of, entry, 3_000)
    books = trial_balance(charity_id=of.pk)
    assert books.debits == books.credits == 9_800
    assert (books.of("gateway"), books.of("gifts"), books.of("payable")) == (9_800, -9_800, 0)


def test_one_charity_does_not_see_anothers_books(of: Charity, entry: Entry) -> None:
    move(of, entry)
    assert balances(charity_id=charity("另一个（演示）").pk) == []
    assert len(balances()) == 2


def test_what_is_owed_is_owed_to_somebody(of: Charity, entry: Entry) -> None:
    warm, lamps = supplier("暖冬").organisation, supplier("灯").organisation
    gifts = pair(of)[1]
    owed = [account(charity_id=of.pk, kind=AccountKind.PAYABLE, owner_id=owner.pk) for owner in (warm, lamps)]
    rows = [
        Posting(gifts, row, 100 * (n + 1), TransferKind.GOODS_COUNTED, entry) for n, row in enumerate(owed)
    ]
    post_many(postings=rows, at=MONDAY)
    books = trial_balance()
    assert books.of("payable", owner_id=warm.pk) == -100
    assert books.of("payable", owner_id=lamps.pk) == -200


def test_a_reversal_mirrors_its_transfer_once(of: Charity, entry: Entry) -> None:
    wrong = move(of, entry)
    back = reverse(transfer=wrong, entry=entry, at=MONDAY)
    assert (back.debit_id, back.credit_id, back.amount) == (wrong.credit_id, wrong.debit_id, wrong.amount)
    assert trial_balance().of("gateway") == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        reverse(transfer=wrong, entry=entry, at=MONDAY)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(of: Charity, entry: Entry, amount: int) -> None:
    with pytest.raises(IntegrityError, match="transfer_positive"), transaction.atomic():
        move(of, entry, amount)


def test_a_transfer_is_between_two_accounts(of: Charity, entry: Entry) -> None:
    gateway = pair(of)[0]
    with pytest.raises(IntegrityError, match="transfer_between_two"), transaction.atomic():
        post(debit=gateway, credit=gateway, amount=1, kind=TransferKind.GIFT_PAID, entry=entry, at=MONDAY)


def test_two_currencies_never_meet(of: Charity, entry: Entry) -> None:
    yuan, dollars = pair(of)[0], account(charity_id=of.pk, kind=AccountKind.GIFTS, currency="HKD")
    with pytest.raises(IntegrityError, match="transfer_credit_currency"), transaction.atomic():
        post(debit=yuan, credit=dollars, amount=1, kind=TransferKind.GIFT_PAID, entry=entry, at=MONDAY)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_balances_are_rolled_up_at_the_end_of_the_day_here(of: Charity, entry: Entry, settings: Any) -> None:
    settings.ZONE = "Asia/Shanghai"
    move(of, entry, 100, at=later(hours=14, minutes=59))
    move(of, entry, 10, at=later(hours=15))
    gateway = pair(of)[0]
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    roll_up(on=monday)
    roll_up(on=tuesday)
    assert balance_on(account_id=gateway.pk, on=monday) == 100
    assert balance_on(account_id=gateway.pk, on=tuesday) == 110
    assert balance_on(account_id=gateway.pk, on=date(2026, 11, 25)) is None


def test_rolling_up_twice_changes_nothing(of: Charity, entry: Entry) -> None:
    move(of, entry, 100)
    for _ in range(2):
        assert roll_up(on=MONDAY.date()) == 2
    assert sorted(Balance.objects.values_list("amount", flat=True)) == [-100, 100]
