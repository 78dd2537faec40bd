"""What only the donor can decide: asked with a date, answered by them or by the word they gave before paying."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from backend.donations.models import Donation, DonationLine, FundedLine, Question
from backend.donations.operations.facts import record_for_gifts
from backend.donations.operations.giving_back import give_back_units
from backend.donations.operations.redirecting import redirect_units
from backend.donations.queries import DUE
from backend.donations.rules import Choice, QuestionKind, UnitState, choices_for, fallback_for
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction
from backend.kernel.errors import Conflicts, Malformed, Missing

SYSTEM = "system:jobs"


class NotDue(Conflicts):
    """Fewer units of this line are due than that: somebody holds the others."""

    code = "not_due"


class NoSuchQuestion(Missing):
    """There is no such question."""

    code = "no_such_question"


class AlreadyAnswered(Conflicts):
    """This question has its answer, or its date is over."""

    code = "already_answered"


class NotAChoice(Malformed):
    """This is none of the answers."""

    code = "not_a_choice"


@joins_transaction
def ask(
    *,
    funded_line: int,
    quantity: int,
    actor: str,
    at: datetime,
    kind: QuestionKind = QuestionKind.NO_SUPPLIER,
    answer_by: datetime | None = None,
) -> Question:
    """Joins the caller's transaction. Ask the donor about due units of a funded line (by id).

    The units are held until the answer; without one by `answer_by`, the donor's promise is carried out.
    An open question of the same kind takes the new units in. Raises NotDue.
    """
    rows = FundedLine.objects.filter(pk=funded_line, state=UnitState.FUNDED.value)
    if not rows.alias(due=DUE).filter(due__gte=quantity).update(held=F("held") + quantity):
        raise NotDue(funded_line=funded_line)
    open_ones = Question.objects.filter(funded_line=funded_line, kind=kind.value, answer__isnull=True)
    if open_ones.update(quantity=F("quantity") + quantity):
        question = open_ones.get()
    else:
        question = _open(funded_line, quantity, kind, answer_by or _answer_by(at), at)
    record_for_gifts(
        kind=Kind.QUESTION_ASKED,
        funded_lines=[funded_line],
        actor=actor,
        at=at,
        public={
            "question": question.public_id,
            "kind": kind.value,
            "quantity": quantity,
            "fallback": question.fallback,
            "answer_by": question.answer_by.isoformat(),
        },
    )
    return question


def _answer_by(at: datetime) -> datetime:
    return at + timedelta(days=settings.QUESTION_DAYS)


def _open(funded_line: int, quantity: int, kind: QuestionKind, answer_by: datetime, at: datetime) -> Question:
    line = DonationLine.objects.filter(fundings__funded_line=funded_line).order_by("pk").first()
    promised = Choice(line.promise.get("shortfall", Choice.REFUND)) if line else Choice.REFUND
    asked = Question.objects.filter(funded_line=funded_line, kind=kind.value)
    waits = asked.filter(answer=Choice.WAIT.value).count()
    return Question.objects.create(
        funded_line_id=funded_line,
        kind=kind.value,
        quantity=quantity,
        choices=[choice.value for choice in choices_for(kind)],
        fallback=fallback_for(promised, kind, waits=waits).value,
        answer_by=answer_by,
        asked_at=at,
    )


@transaction.atomic
def answer(*, question: str, choice: Choice, actor: str, at: datetime) -> Question:
    """Own transaction. The donor decides. Raises NoSuchQuestion, NotAChoice, AlreadyAnswered."""
    row = Question.objects.filter(public_id=question).first()
    if row is None:
        raise NoSuchQuestion
    if choice.value not in row.choices:
        raise NotAChoice(pointer="/choice")
    if at >= row.answer_by and actor != SYSTEM:
        raise AlreadyAnswered
    return _answer(row, choice, actor, at)


def _answer(row: Question, choice: Choice, actor: str, at: datetime) -> Question:
    """Lock gifts, then their units, then the question: the order in which everybody locks."""
    gifts = Donation.objects.filter(lines__fundings__funded_line=row.funded_line_id).order_by("pk")
    list(Donation.objects.filter(pk__in=gifts.values("pk")).order_by("pk").select_for_update(no_key=True))
    units = FundedLine.objects.select_for_update(no_key=True).get(pk=row.funded_line_id)
    still_open = Question.objects.filter(pk=row.pk, answer__isnull=True)
    if not still_open.update(answer=choice.value, answered_at=at):
        raise AlreadyAnswered
    row.refresh_from_db()
    FundedLine.objects.filter(pk=units.pk).update(held=F("held") - row.quantity)
    record_for_gifts(
        kind=Kind.QUESTION_ANSWERED,
        funded_lines=[units.pk],
        actor=actor,
        at=at,
        public={"question": row.public_id, "choice": choice.value, "quantity": row.quantity},
    )
    _carry_out(row, units, choice, actor, at)
    return row


def _carry_out(row: Question, units: FundedLine, choice: Choice, actor: str, at: datetime) -> None:
    match choice:
        case Choice.WAIT:
            later = at + timedelta(days=settings.WAIT_DAYS)
            FundedLine.objects.filter(pk=units.pk).update(due_at=later)
        case Choice.NEAREST:
            redirect_units(units=units, quantity=row.quantity, key=row.public_id, actor=actor, at=at)
        case Choice.REFUND:
            give_back_units(
                units=units, quantity=row.quantity, key=row.public_id, reason=row.kind, actor=actor, at=at
            )


def close_due_questions(*, at: datetime, limit: int = 200) -> int:
    """Own transactions. Carry out the donor's promise where no answer came in time; return how many."""
    due = Question.objects.filter(answer__isnull=True, answer_by__lte=at).order_by("answer_by", "pk")
    return sum(_close(row.public_id, Choice(row.fallback), at) for row in due[:limit])


def _close(question: str, fallback: Choice, at: datetime) -> bool:
    try:
        answer(question=question, choice=fallback, actor=SYSTEM, at=at)
    except AlreadyAnswered:
        return False
    return True


def ask_for_stopped(*, at: datetime, limit: int = 200, actor: str = SYSTEM) -> int:
    """Own transactions. Ask the donors of units that are due for a need that was stopped; return how many."""
    rows = FundedLine.objects.filter(
        state=UnitState.FUNDED.value, due_at__isnull=False, need_line__stopped_at__isnull=False
    )
    due = rows.annotate(due=DUE).filter(due__gt=0).order_by("pk").values_list("pk", "due")
    return sum(_ask_stopped(pk, quantity, actor, at) for pk, quantity in list(due[:limit]))


def _ask_stopped(funded_line: int, quantity: int, actor: str, at: datetime) -> bool:
    try:
        with transaction.atomic():
            ask(funded_line=funded_line, quantity=quantity, kind=QuestionKind.STOPPED, actor=actor, at=at)
    except NotDue:
        return False
    return True
