"""Money that adds up, ids that sort, leases that run out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.donations.models import Donation, Payment, PaymentAccount, Refund
from backend.kernel import db, money
from backend.kernel.models import new_public_id
from backend.parties.models import User
from tests import factories
from tests.cast import MONDAY, later


@given(st.integers(0, 10**12), st.lists(st.integers(0, 1_000), min_size=1).filter(any))
def test_a_split_adds_up_and_is_fair_to_a_fen(amount: int, weights: list[int]) -> None:
    parts = money.split(amount, weights)
    assert sum(parts) == amount
    assert all(
        abs(part * sum(weights) - amount * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize(("amount", "weights"), [(-1, [1]), (1, []), (1, [0]), (1, [2, -1])])
def test_a_split_that_makes_no_sense_is_refused(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="split needs"):
        money.split(amount, weights)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (6_800, "¥68"),
        (6_460, "¥64.60"),
        (5, "¥0.05"),
        (-300, "-¥3"),
        (123_456_789, "¥1,234,567.89"),
        (0, "¥0"),
    ],
)
def test_money_as_people_write_it(fen: int, text: str) -> None:
    assert money.yuan(fen) == text


def test_public_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_public_id("don") for _ in range(200)]
    assert made == sorted(made) and len(set(made)) == 200 and {len(i) for i in made} == {30}


@pytest.mark.django_db
def test_a_saved_row_has_its_public_id() -> None:
    assert User.objects.get(pk=factories.user("阿明").pk).public_id.startswith("usr_")


def refund() -> Refund:
    charity = factories.charity()
    gift = Donation.objects.create(charity=charity, amount=100, placed_at=MONDAY)
    payment = Payment.objects.create(
        donation=gift, account=PaymentAccount.objects.get(charity=charity), merchant_ref="m1", amount=100
    )
    return Refund.objects.create(payment=payment, key="k1", amount=100, asked_at=MONDAY, due_at=MONDAY)


@pytest.mark.django_db
def test_work_is_claimed_once_and_comes_back_when_its_worker_dies() -> None:
    refund()
    minute = timedelta(minutes=1)
    (mine,) = db.claim(Refund.objects.all(), by="worker-1", at=MONDAY, lease=minute)
    assert db.claim(Refund.objects.all(), by="worker-2", at=later(minutes=0.5), lease=minute) == []
    (again,) = db.claim(Refund.objects.all(), by="worker-2", at=later(minutes=2), lease=minute)
    assert again.pk == mine.pk
    assert db.release(mine, by="worker-1") is False, "the dead one has nothing to give back"
    assert db.release(again, by="worker-2") is True
