"""Units of a gift: taken by suppliers, given back, opened again, asked about."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.donations.models import Donation, DonationLine, FundedLine, Question, Refund
from backend.donations.operations import (
    AlreadyAnswered,
    NoSuchQuestion,
    NotAChoice,
    NotDue,
    QuestionKind,
    TooFewSourced,
    answer,
    ask,
    ask_for_stopped,
    claim_goods,
    close_due_questions,
    release_goods,
    reopen_goods,
)
from backend.donations.queries import due_lines, gift_by_token, reconcile
from backend.donations.rules import MOST_WAITS
from backend.donations.tokens import gift_token
from backend.journal.models import Entry
from backend.kernel.db import TransactionStance
from backend.needs.models import NeedLine
from backend.needs.operations import resume, stop_line
from tests.backend.donations.stories import Choice, give, given, units_of
from tests.cast import MONDAY, later
from tests.factories import Village, appeal, charity, need, recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def village(settings: Any) -> Village:
    settings.UNDO_MINUTES = 0
    settings.QUESTION_DAYS = 3
    settings.WAIT_DAYS = 2
    return Village(wanted=10)


@pytest.fixture
def gift(village: Village) -> Donation:
    return given(village.need, 5)


def due(at: Any = MONDAY) -> list[tuple[int, int]]:
    return [(row.quantity, row.replacement_quantity) for row in due_lines(at=at)]


def asked(gift: Donation, quantity: int = 2, **fields: Any) -> Question:
    return ask(funded_line=units_of(gift).pk, quantity=quantity, actor="system:jobs", at=MONDAY, **fields)


def reserved(row: NeedLine) -> int:
    return NeedLine.objects.get(pk=row.pk).reserved


def test_suppliers_win_what_is_due_and_no_more(gift: Donation) -> None:
    units = units_of(gift)
    assert claim_goods(quantities={units.pk: 3}, at=MONDAY) == {units.pk: 3}
    assert due() == [(2, 0)]
    assert claim_goods(quantities={units.pk: 3}, at=MONDAY) == {units.pk: 2}
    assert claim_goods(quantities={units.pk: 3}, at=MONDAY) == {}
    assert due() == []


def test_nothing_is_won_of_what_is_not_due_yet(village: Village, settings: Any) -> None:
    settings.UNDO_MINUTES = 30
    unpaid, in_undo = give(village.need), given(village.need)
    ids = {units_of(gift).pk: 1 for gift in (unpaid, in_undo)}
    assert claim_goods(quantities=ids, at=later(minutes=29)) == {}
    assert claim_goods(quantities=ids, at=later(minutes=30)) == {units_of(in_undo).pk: 1}


def test_what_a_supplier_declines_is_due_again(gift: Donation) -> None:
    units = units_of(gift)
    claim_goods(quantities={units.pk: 5}, at=MONDAY)
    release_goods(quantities={units.pk: 2})
    assert due() == [(2, 0)]
    with pytest.raises(TooFewSourced):
        release_goods(quantities={units.pk: 4})


def test_what_came_short_is_due_as_a_replacement(gift: Donation) -> None:
    units = units_of(gift)
    claim_goods(quantities={units.pk: 5}, at=MONDAY)
    reopen_goods(funded_line=units.pk, quantity=2, reason="short", actor="recipient:org", at=later(days=3))
    assert due(later(days=3)) == [(2, 2)]
    assert Entry.objects.get(kind="gift.goods_reopened").public == {"quantity": 2, "reason": "short"}
    claim_goods(quantities={units.pk: 2}, at=later(days=3))
    assert due(later(days=3)) == []
    with pytest.raises(TooFewSourced):
        reopen_goods(funded_line=units.pk, quantity=6, reason="short", actor="recipient:org", at=MONDAY)


def test_what_came_short_cannot_be_given_back_too(gift: Donation) -> None:
    """A unit that was sent and lost is opened again once; a decline of it would make it due twice."""
    units = units_of(gift)
    claim_goods(quantities={units.pk: 5}, at=MONDAY)
    reopen_goods(funded_line=units.pk, quantity=3, reason="short", actor="recipient:org", at=MONDAY)
    release_goods(quantities={units.pk: 2})
    with pytest.raises(TooFewSourced):
        release_goods(quantities={units.pk: 1})
    with pytest.raises(IntegrityError, match="lost_were_sourced"), transaction.atomic():
        FundedLine.objects.update(sourced=2)


def test_goods_are_a_part_of_their_callers_fact(gift: Donation) -> None:
    """Outside a transaction they refuse (here the test's own is stepped out of)."""
    from django.db import connection

    connection.in_atomic_block = False
    try:
        with pytest.raises(TransactionStance):
            claim_goods(quantities={1: 1}, at=MONDAY)
    finally:
        connection.in_atomic_block = True


def test_the_database_refuses_more_units_than_there_are(gift: Donation) -> None:
    with pytest.raises(IntegrityError, match="funded_line_not_oversourced"), transaction.atomic():
        FundedLine.objects.update(sourced=6)


class TestAsking:
    def test_units_are_held_while_the_donor_thinks(self, gift: Donation) -> None:
        question = asked(gift, 2)
        assert due() == [(3, 0)]
        assert question.fallback == "refund" and question.answer_by == later(days=3)
        assert claim_goods(quantities={units_of(gift).pk: 5}, at=MONDAY) == {units_of(gift).pk: 3}
        assert reconcile() == []

    def test_more_units_join_the_open_question(self, gift: Donation) -> None:
        first, second = asked(gift, 2), asked(gift, 1)
        assert first.pk == second.pk and second.quantity == 3
        assert Question.objects.count() == 1 and reconcile() == []

    def test_only_what_is_due_can_be_asked_about(self, gift: Donation) -> None:
        claim_goods(quantities={units_of(gift).pk: 4}, at=MONDAY)
        with pytest.raises(NotDue):
            asked(gift, 2)

    def test_refund_frees_the_need_and_asks_the_money_back(self, village: Village, gift: Donation) -> None:
        question = asked(gift, 2)
        answer(question=question.public_id, choice=Choice.REFUND, actor="visitor:aming", at=later(days=1))
        refund = Refund.objects.get()
        assert (refund.amount, refund.reason) == (2 * 6_800, "no_supplier")
        assert reserved(village.need) == 3
        row = DonationLine.objects.get(donation=gift)
        assert (row.directed, row.refunded) == (3 * 6_800, 2 * 6_800)
        assert due() == [(3, 0)] and reconcile() == []

    def test_wait_makes_them_due_again_in_some_days(self, gift: Donation) -> None:
        question = asked(gift, 5)
        answer(question=question.public_id, choice=Choice.WAIT, actor="visitor:aming", at=MONDAY)
        assert due(later(days=1)) == [] and due(later(days=2)) == [(5, 0)]
        assert reconcile() == []

    def test_waiting_has_an_end(self, village: Village) -> None:
        gift = given(village.need, promise=Choice.WAIT)
        for turn in range(MOST_WAITS + 1):
            at = later(days=10 * turn)
            question = ask(funded_line=units_of(gift).pk, quantity=1, actor="system:jobs", at=at)
            assert question.fallback == ("wait" if turn < MOST_WAITS else "refund")
            assert close_due_questions(at=later(days=10 * turn + 3)) == 1
        assert Refund.objects.count() == 1 and reconcile() == []

    def test_without_an_answer_the_promise_is_carried_out(self, village: Village, gift: Donation) -> None:
        asked(gift, 2)
        assert close_due_questions(at=later(days=2)) == 0
        assert close_due_questions(at=later(days=3)) == 1
        assert close_due_questions(at=later(days=3)) == 0
        assert Question.objects.get().answer == "refund" and Refund.objects.count() == 1

    def test_one_answer_is_enough(self, gift: Donation) -> None:
        question = asked(gift, 2)
        answer(question=question.public_id, choice=Choice.REFUND, actor="visitor:aming", at=MONDAY)
        with pytest.raises(AlreadyAnswered):
            answer(question=question.public_id, choice=Choice.WAIT, actor="visitor:aming", at=MONDAY)
        assert Refund.objects.count() == 1

    def test_after_the_date_only_the_promise_counts(self, gift: Donation) -> None:
        question = asked(gift, 2)
        with pytest.raises(AlreadyAnswered):
            answer(question=question.public_id, choice=Choice.WAIT, actor="visitor:aming", at=later(days=3))

    def test_answers_that_make_no_sense(self, gift: Donation) -> None:
        with pytest.raises(NoSuchQuestion):
            answer(question="que_unheard", choice=Choice.WAIT, actor="visitor:aming", at=MONDAY)
        question = asked(gift, 2, kind=QuestionKind.STOPPED)
        with pytest.raises(NotAChoice):
            answer(question=question.public_id, choice=Choice.WAIT, actor="visitor:aming", at=MONDAY)

    def test_the_donor_sees_the_question_on_the_gifts_page(self, gift: Donation) -> None:
        question = asked(gift, 2)
        page = gift_by_token(token=gift_token(donation=gift.public_id, link_version=1))
        assert page is not None
        (seen,) = page.questions
        assert (seen.public_id, seen.quantity, seen.fallback) == (question.public_id, 2, Choice.REFUND)
        assert page.items[0].units[0].held == 2


class TestNearest:
    @pytest.fixture
    def near(self, village: Village) -> NeedLine:
        school = recipient("示范小学（坡脚村）", lon=105.44, lat=25.05)
        return need(appeal(village.charity, school), village.item, wanted=3)

    @pytest.fixture
    def far(self, village: Village) -> NeedLine:
        school = recipient("示范小学（远）", lon=106.9, lat=26.9)
        return need(appeal(village.charity, school), village.item, wanted=10)

    def choose(self, gift: Donation, quantity: int) -> None:
        question = asked(gift, quantity)
        answer(question=question.public_id, choice=Choice.NEAREST, actor="visitor:aming", at=MONDAY)

    def test_the_nearest_equal_need_is_served_first(
        self, village: Village, gift: Donation, near: NeedLine, far: NeedLine
    ) -> None:
        self.choose(gift, 5)
        assert (reserved(village.need), reserved(near), reserved(far)) == (0, 3, 2)
        assert sorted(row.quantity for row in due_lines(at=MONDAY)) == [2, 3]
        assert not Refund.objects.exists()
        fact = Entry.objects.get(kind="gift.redirected")
        assert [step["quantity"] for step in fact.public["to"]] == [3, 2]
        assert DonationLine.objects.get().directed == gift.amount and reconcile() == []

    def test_what_finds_no_room_goes_back(self, village: Village, gift: Donation, near: NeedLine) -> None:
        self.choose(gift, 5)
        assert (reserved(village.need), reserved(near)) == (0, 3)
        assert Refund.objects.get().amount == 2 * 6_800 and reconcile() == []

    def test_a_lower_price_gives_the_rest_back(
        self, village: Village, gift: Donation, near: NeedLine
    ) -> None:
        NeedLine.objects.filter(pk=near.pk).update(unit_price=6_000)
        self.choose(gift, 3)
        assert Refund.objects.get().amount == 3 * 800
        assert reserved(near) == 3 and reconcile() == []

    @pytest.mark.parametrize("why", ["dearer", "stopped", "closed", "another charity", "full"])
    def test_needs_that_do_not_count(
        self, village: Village, gift: Donation, near: NeedLine, why: str
    ) -> None:
        if why == "dearer":
            NeedLine.objects.filter(pk=near.pk).update(unit_price=6_900, ceiling_price=6_900)
        elif why == "stopped":
            NeedLine.objects.filter(pk=near.pk).update(stopped_at=MONDAY)
        elif why == "closed":
            near.appeal.state = "closed"
            near.appeal.save(update_fields=["state"])
        elif why == "full":
            NeedLine.objects.filter(pk=near.pk).update(wanted=1)
            given(near)
        else:
            near.delete()
            need(appeal(charity("另一个（演示）"), village.recipient), village.item)
        self.choose(gift, 2)
        assert Refund.objects.get().amount == 2 * 6_800 and reconcile() == []

    def test_a_redirected_gift_shows_where_it_goes_now(self, gift: Donation, near: NeedLine) -> None:
        self.choose(gift, 3)
        page = gift_by_token(token=gift_token(donation=gift.public_id, link_version=1))
        assert page is not None
        assert [(u.need, u.quantity) for u in page.items[0].units][1] == (near.public_id, 3)


class TestStop:
    def stop(self, village: Village, at: Any = MONDAY) -> None:
        stop_line(need_line=village.need.public_id, reason="够了", actor="user:wei", at=at)

    def test_a_stopped_need_is_bought_no_more_and_its_donors_are_asked(
        self, village: Village, gift: Donation
    ) -> None:
        claim_goods(quantities={units_of(gift).pk: 2}, at=MONDAY)
        self.stop(village)
        assert due() == [] and claim_goods(quantities={units_of(gift).pk: 1}, at=MONDAY) == {}
        assert ask_for_stopped(at=MONDAY) == 1
        assert ask_for_stopped(at=MONDAY) == 0
        question = Question.objects.get()
        assert (question.kind, question.quantity, question.choices) == ("stopped", 3, ["nearest", "refund"])
        assert close_due_questions(at=later(days=3)) == 1
        assert Refund.objects.get().amount == 3 * 6_800
        assert reserved(village.need) == 2 and reconcile() == []

    def test_an_unpaid_gift_is_not_asked(self, village: Village) -> None:
        give(village.need)
        self.stop(village)
        assert ask_for_stopped(at=MONDAY) == 0

    def test_a_need_can_take_gifts_again(self, village: Village, gift: Donation) -> None:
        self.stop(village)
        resume(need_line=village.need.public_id, reason="来了新生", actor="user:wei", at=later(hours=1))
        assert due(later(hours=1)) == [(5, 0)]
        assert [e.kind for e in Entry.objects.filter(subject=f"need:{village.need.public_id}")] == [
            "need.stopped",
            "need.resumed",
        ]
