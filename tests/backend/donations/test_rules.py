"""Which gifts are admitted, decided without a database."""

from datetime import date
from typing import Any

import pytest

from backend.donations.rules import (
    MOST_WAITS,
    AppealClosed,
    Choice,
    DonorDetail,
    Gift,
    GiftLine,
    House,
    MembersOnly,
    MixedCurrencies,
    NeedStopped,
    NoCertificate,
    NoGiftsHere,
    NoSuchNeed,
    NotEnoughLeft,
    NothingGiven,
    PriceChanged,
    QuestionKind,
    Shelf,
    TooMuch,
    admit,
    choices_for,
    fallback_for,
)
from backend.needs.rules import OpenNeed, straight_km
from tests.cast import MONDAY, later

HOUSE = House(mode="charity_site", on=MONDAY.date(), most_lines=3, most_quantity=50)
QUILTS = OpenNeed(
    public_id="nee_quilts",
    id=1,
    appeal_id=1,
    charity_id=7,
    charity="org_cen",
    currency="CNY",
    wanted=10,
    reserved=4,
    unit_price=6_800,
    stopped=False,
    live=True,
    starts_at=later(days=-1),
    ends_at=later(days=1),
    certificate_no="证-1",
    certificate_until=MONDAY.date(),
    mode="charity_site",
)
LAMPS = QUILTS._replace(public_id="nee_lamps", id=2, unit_price=3_000)


def gift(*lines: GiftLine, **fields: Any) -> Gift:
    values = {"donor": DonorDetail(name="阿明"), "actor": "visitor:aming", "at": MONDAY, **fields}
    return Gift("visitor:aming", "key-1", tuple(lines), **values)


def quilts(quantity: int = 1, price: int = 6_800) -> GiftLine:
    return GiftLine("nee_quilts", quantity, price)


def lamps(quantity: int = 1) -> GiftLine:
    return GiftLine("nee_lamps", quantity, 3_000)


def shelf(*needs: OpenNeed, **fields: Any) -> Shelf:
    return Shelf({need.public_id: need for need in needs or (QUILTS, LAMPS)}, **fields)


def test_what_is_left_is_admitted_and_no_more() -> None:
    here = shelf()
    admit(gift(quilts(4)), here, HOUSE)
    with pytest.raises(NotEnoughLeft) as refusal:
        admit(gift(quilts(3)), here, HOUSE)
    assert refusal.value.details["left"] == 2
    admit(gift(quilts(2)), here, HOUSE)
    assert here.claimed == {"nee_quilts": 6}


def test_a_gift_of_several_lines_is_admitted_whole_or_not_at_all() -> None:
    here = shelf()
    with pytest.raises(NotEnoughLeft):
        admit(gift(lamps(2), quilts(7)), here, HOUSE)
    assert here.claimed == {}
    admit(gift(lamps(2), quilts(6)), here, HOUSE)
    assert here.claimed == {"nee_lamps": 2, "nee_quilts": 6}


@pytest.mark.parametrize(
    ("need", "refusal"),
    [
        ({"live": False}, AppealClosed),
        ({"starts_at": later(minutes=1)}, AppealClosed),
        ({"ends_at": MONDAY}, AppealClosed),
        ({"starts_at": None}, AppealClosed),
        ({"stopped": True}, NeedStopped),
        ({"unit_price": 6_900}, PriceChanged),
        ({"reserved": 10}, NotEnoughLeft),
        ({"certificate_no": ""}, NoCertificate),
        ({"certificate_until": None}, NoCertificate),
        ({"certificate_until": date(2026, 11, 22)}, NoCertificate),
        ({"mode": "logistics_only"}, NoGiftsHere),
        ({"mode": "directed"}, MembersOnly),
    ],
)
def test_a_need_that_takes_no_gift(need: dict[str, Any], refusal: type[Exception]) -> None:
    here = shelf(QUILTS._replace(**need))
    with pytest.raises(refusal):
        admit(gift(quilts()), here, HOUSE)
    assert here.claimed == {}


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([], NothingGiven),
        ([quilts(0)], NothingGiven),
        ([quilts(-1)], NothingGiven),
        ([quilts(1), quilts(2)], NothingGiven),
        ([quilts(51)], TooMuch),
        ([GiftLine(f"nee_{n}", 1, 1) for n in range(4)], TooMuch),
        ([GiftLine("nee_unheard", 1, 1)], NoSuchNeed),
    ],
)
def test_a_gift_that_makes_no_sense(lines: list[GiftLine], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        admit(gift(*lines), shelf(), HOUSE)


def test_one_gift_is_in_one_currency() -> None:
    with pytest.raises(MixedCurrencies):
        admit(gift(quilts(), lamps()), shelf(QUILTS, LAMPS._replace(currency="HKD")), HOUSE)


def test_a_house_that_only_moves_goods_takes_no_gift() -> None:
    with pytest.raises(NoGiftsHere):
        admit(gift(quilts()), shelf(), HOUSE._replace(mode="logistics_only"))


def test_directed_giving_is_for_members_and_needs_no_certificate() -> None:
    directed = HOUSE._replace(mode="directed")
    uncertified = QUILTS._replace(certificate_no="")
    member = gift(quilts(), donor=DonorDetail(user_id=3))
    admit(member, shelf(uncertified, members={(7, 3)}), directed)
    for stranger in (gift(quilts()), gift(quilts(), donor=DonorDetail(user_id=4))):
        with pytest.raises(MembersOnly):
            admit(stranger, shelf(uncertified, members={(7, 3)}), directed)


def test_the_same_content_has_the_same_mark_and_any_change_another() -> None:
    one = gift(quilts(2))
    assert one.fingerprint == one._replace(at=later(days=1), key="key-2").fingerprint
    others = [
        gift(quilts(3)),
        gift(quilts(2, price=6_900)),
        gift(quilts(2)._replace(promise=Choice.WAIT)),
        gift(quilts(2), donor=DonorDetail(name="阿明", message="冬天不冷")),
        gift(quilts(2), donor=DonorDetail(name="阿", mail="明")),
        gift(quilts(2), donor=DonorDetail(name="", mail="阿明")),
        gift(quilts(2), lamps(1)),
    ]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 8


def test_a_promise_is_kept_where_it_makes_sense() -> None:
    silent = QuestionKind.NO_SUPPLIER
    assert fallback_for(Choice.NEAREST, silent, waits=9) is Choice.NEAREST
    assert fallback_for(Choice.WAIT, silent, waits=MOST_WAITS - 1) is Choice.WAIT
    assert fallback_for(Choice.WAIT, silent, waits=MOST_WAITS) is Choice.REFUND
    assert fallback_for(Choice.WAIT, QuestionKind.STOPPED, waits=0) is Choice.REFUND


def test_nobody_is_offered_to_wait_for_a_need_that_was_stopped() -> None:
    assert Choice.WAIT in choices_for(QuestionKind.NO_SUPPLIER)
    assert Choice.WAIT not in choices_for(QuestionKind.STOPPED)


def test_distances_are_great_circles() -> None:
    assert straight_km(105.0, 25.0, 105.0, 26.0) == pytest.approx(111.19, abs=0.05)
    assert straight_km(105.0, 25.0, 105.0, 25.0) == 0
