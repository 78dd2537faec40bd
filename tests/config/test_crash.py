"""Nothing that was answered is lost or doubled by kill -9: a short run of `make crash`, and that its eyes are open."""

from typing import Any

import pytest

from backend.config.bench_orders.wishes import Need
from backend.config.proofs import books
from backend.config.proofs.givers import Known
from backend.donations.models import Checkout, Donation, DonationLine, Payment
from backend.donations.operations import start_payment
from backend.donations.payments.sandbox.models import SandboxOrder
from backend.needs.models import NeedLine
from tests.backend.donations.stories import give, pay
from tests.cast import MONDAY
from tests.config.proof import proof
from tests.factories import Village


def test_a_short_run() -> None:
    told = proof("crash", ROUNDS="4", SEED="58", GAP="30")
    assert told["wrong"] == [] and told["answered"] > 24
    kills = {name: told[f"killed_{name}"] for name in ("postgres", "web", "worker", "valkey")}
    assert kills == {"postgres": 1, "web": 1, "worker": 1, "valkey": 1}


class Town:
    """Three gifts, as their donors and the gateway know them: one not paid, two paid."""

    def __init__(self) -> None:
        village = Village(wanted=20)
        row = village.need
        self.needs = [Need(row.pk, row.public_id, row.charity_id, row.unit_price)]
        self.gifts = [give(row) for _ in range(3)]
        pages = [start_payment(donation=gift.public_id, at=MONDAY) for gift in self.gifts]
        for gift in self.gifts[1:]:
            pay(gift)
        told = zip(self.gifts, pages, (False, True, True), strict=True)
        self.known = {self.key(gift): Known({page}, paid) for gift, page, paid in told}

    @staticmethod
    def key(gift: Donation) -> str:
        return Checkout.objects.get(donations=gift).key

    def wrong(self) -> list[str]:
        return books.wrong(self.known, self.needs)


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def lose(town: Town) -> None:
    town.known["a key that nobody kept"] = Known({"page"})


def double(town: Town) -> None:
    town.known[town.key(town.gifts[0])].pages.add("another page")


def forget_a_payment(town: Town) -> None:
    Payment.objects.filter(donation=town.gifts[1]).update(status="created")


def send_back_in_secret(town: Town) -> None:
    SandboxOrder.objects.filter(merchant_ref=town.gifts[1].public_id).update(refunded=1)


def lose_a_payment_everywhere(town: Town) -> None:
    forget_a_payment(town)
    SandboxOrder.objects.filter(merchant_ref=town.gifts[1].public_id).update(state="open")


def count_wrongly(town: Town) -> None:
    NeedLine.objects.update(reserved=7)


def part_from_its_key(town: Town) -> None:
    Donation.objects.filter(pk=town.gifts[0].pk).update(checkout=None)


def change_an_amount(town: Town) -> None:
    DonationLine.objects.filter(donation=town.gifts[2]).update(amount=1, directed=1)


def test_sound_books_say_nothing(town: Town) -> None:
    assert town.wrong() == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lose, "are lost"),
        (double, "more than one payment"),
        (forget_a_payment, "differ from the gateway's book"),
        (send_back_in_secret, "differ from the gateway's book"),
        (lose_a_payment_everywhere, "are in no book"),
        (count_wrongly, "pieces reserved"),
        (part_from_its_key, "no gift or more than one"),
        (change_an_amount, "lines say"),
    ],
)
def test_each_harm_is_seen(town: Town, harm: Any, said: str) -> None:
    harm(town)
    assert any(said in words for words in town.wrong()), town.wrong()
