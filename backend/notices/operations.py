"""Decide from the journal which letters are due, and send them: at least once, under one Message-ID each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F

from backend.journal import queries as journal
from backend.journal.operations import advance
from backend.journal.queries import Fact
from backend.kernel.db import claim
from backend.kernel.states import move
from backend.notices import queries
from backend.notices.models import Letter
from backend.notices.rules import (
    LETTER,
    MOST_TRIES,
    Audience,
    Due,
    LetterState,
    letters_for,
    wait_after,
)
from backend.timelines.touched import gifts_touched

READER = "letters"
LEASE = timedelta(seconds=120)
ACTOR = "system:notices"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Mail:
    """One letter as composed: the subject is the news, the text part says the same as the page."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class NothingToSay(Exception):
    """The news is over, or there is nobody to tell it to: the letter is not needed any more."""


Compose = Callable[[Letter], Mail]


@transaction.atomic
def write_due(*, at: datetime, limit: int = 500) -> int:
    """Own transaction. Read the next facts and write down the letters due for them; how many facts were read.

    A second run at the same time reads nothing: whoever moves the reader on first has written them.
    """
    position = journal.position(reader=READER)
    facts = journal.after(seq=position, limit=limit)
    if not facts:
        return 0
    if not advance(reader=READER, frm=position, to=facts[-1].seq):
        return 0
    Letter.objects.bulk_create(_letters(facts, at), ignore_conflicts=True, batch_size=1_000)
    return len(facts)


def _letters(facts: list[Fact], at: datetime) -> list[Letter]:
    due = [(fact, letter) for fact in facts for letter in letters_for(fact.kind, fact.public)]
    to_donors = [fact.subject for fact, letter in due if letter.audience is Audience.DONORS]
    touched = gifts_touched(subjects=to_donors)
    known = queries.reachable(donations={gift for gifts in touched.values() for gift in gifts})
    return [
        Letter(to=to, kind=letter.kind.value, seq=fact.seq, subject_label=fact.subject, due_at=at)
        for fact, letter in due
        for to in _readers(fact, letter, touched.get(fact.subject, set()) & known)
    ]


def _readers(fact: Fact, letter: Due, gifts: set[str]) -> Iterable[str]:
    """Labels of those who get `letter` about `fact`."""
    if letter.audience is Audience.DONORS:
        return [f"gift:{gift}" for gift in sorted(gifts)]
    if letter.audience is Audience.RECIPIENT:
        organisations = [queries.recipient_of(drop=fact.subject)]
    elif letter.audience is Audience.SUPPLIER:
        organisations = [queries.supplier_of(order=fact.subject)]
    else:
        organisations = queries.charities_of(drop=fact.subject)
    return [f"org:{organisation}" for organisation in organisations if organisation]


def send_due(*, compose: Compose, by: str, at: datetime, limit: int = 20) -> int:
    """Own transactions, a lease per letter. Send letters that are due; how many were tried.

    A worker that dies between sending and writing it down leaves its lease to run out; the letter goes once
    more under the same Message-ID, by which mail programs know it.
    """
    rows = Letter.objects.filter(state=LetterState.DUE.value, due_at__lte=at)
    letters = claim(rows, by=by, at=at, lease=LEASE, limit=limit)
    for letter in letters:
        _send(letter, compose, by=by, at=at)
    return len(letters)


def _send(letter: Letter, compose: Compose, *, by: str, at: datetime) -> None:
    try:
        mail = compose(letter)
    except NothingToSay:
        _end(letter, LetterState.NEEDLESS, by=by, at=at)
        return
    except Exception as error:
        # one letter that cannot be written must not keep the others from going out
        log.exception("letters.not_composed", letter=letter.pk, kind=letter.kind)
        _retry(letter, error, by=by, at=at)
        return
    try:
        _post(letter, mail)
    except OSError as error:  # smtplib's errors are OSErrors too
        _retry(letter, error, by=by, at=at)
        return
    _end(letter, LetterState.SENT, by=by, at=at)


def message_id(letter: Letter) -> str:
    """The same for every try of a letter."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return f"<letter.{letter.pk}.{letter.kind}@{domain}>"


def _post(letter: Letter, mail: Mail) -> None:
    headers = {"Message-ID": message_id(letter), "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(mail.subject, mail.text, to=list(mail.to), headers=headers)
    message.attach_alternative(mail.html, "text/html")
    message.send()


def _end(letter: Letter, to: LetterState, *, by: str, at: datetime) -> None:
    """The letter's own row says that it was sent and when; the journal keeps facts of the road, not mail."""
    sent_at = at if to is LetterState.SENT else None
    move(Letter.objects.filter(pk=letter.pk, claimed_by=by), LETTER, to=to, field="state", sent_at=sent_at)


def _retry(letter: Letter, error: Exception, *, by: str, at: datetime) -> None:
    """Later again, a little later each time; after the last try it is kept as failed."""
    mine = Letter.objects.filter(pk=letter.pk, claimed_by=by)
    tries = letter.tries + 1
    mine.update(
        tries=F("tries") + 1,
        due_at=at + wait_after(tries),
        failure=f"{type(error).__name__}: {error}"[:200],
        claimed_by="",
        claimed_until=None,
    )
    if tries >= MOST_TRIES:
        move(Letter.objects.filter(pk=letter.pk), LETTER, to=LetterState.FAILED, field="state")
