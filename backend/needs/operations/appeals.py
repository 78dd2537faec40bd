"""The life of an appeal. What the Charity Law (art. 22, 24) asks of a live one is checked here and kept by
the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from backend.catalogue.models import Item
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts, Malformed
from backend.kernel.states import must_move
from backend.needs.models import LEGAL_TEXTS, Appeal, NeedLine
from backend.needs.rules import APPEAL, AppealState, RemainderRule
from backend.parties.models import Charity, Recipient


class AppealIncomplete(Malformed):
    """Something that the law asks of a live appeal is missing: `details["missing"]` names it."""

    code = "appeal_incomplete"


class CertificateExpired(Conflicts):
    """The charity has no valid certificate for public fundraising."""

    code = "certificate_expired"


@dataclass(frozen=True)
class AppealTexts:
    """The words of an appeal (titles, purpose, words by language) and its fields of law.

    `translations` helps who reads another language (language: field of law: words); the fields themselves count.
    """

    titles: dict[str, str]
    purpose: dict[str, str]
    words: dict[str, str]
    area: str = ""
    person_in_charge: str = ""
    beneficiaries: str = ""
    use: str = ""
    cost_share: str = ""
    remainder_rule: RemainderRule | None = None
    filing_no: str = ""
    translations: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NewNeed:
    """So many of an item: what a donor pays for one (fen), and the most that buying one may cost."""

    item: Item
    wanted: int
    unit_price: int
    ceiling_price: int


@own_transaction
def draft_appeal(
    *,
    number: str,
    charity: Charity,
    recipient: Recipient,
    texts: AppealTexts,
    needs: Sequence[NewNeed],
    actor: str,
    at: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    needed_on: date | None = None,
) -> Appeal:
    """Own transaction. Write down what a recipient needs; nobody can give to it before it is opened."""
    rule = texts.remainder_rule
    appeal = Appeal.objects.create(
        number=number,
        charity=charity,
        recipient=recipient,
        titles=texts.titles,
        purpose=texts.purpose,
        words=texts.words,
        starts_at=starts_at,
        ends_at=ends_at,
        needed_on=needed_on,
        remainder_rule=rule.value if rule else "",
        translations=texts.translations,
        **{name: getattr(texts, name) for name in LEGAL_TEXTS},
    )
    NeedLine.objects.bulk_create(_line(appeal, need) for need in needs)
    record(
        kind=Kind.APPEAL_DRAFTED,
        subject=f"appeal:{appeal.public_id}",
        charity=charity.organisation.public_id,
        actor=actor,
        at=at,
        public={"number": number, "needs": {need.item.code: need.wanted for need in needs}},
    )
    return appeal


def _line(appeal: Appeal, need: NewNeed) -> NeedLine:
    return NeedLine(
        appeal=appeal,
        charity=appeal.charity,
        recipient=appeal.recipient,
        item=need.item,
        wanted=need.wanted,
        unit_price=need.unit_price,
        ceiling_price=need.ceiling_price,
    )


@own_transaction
def open_appeal(*, appeal: Appeal, actor: str, at: datetime) -> Appeal:
    """Own transaction. Let people give to it.

    Raises AppealIncomplete, CertificateExpired, and WrongState when it is no draft any more.
    """
    missing = [name for name in (*LEGAL_TEXTS, "remainder_rule") if not getattr(appeal, name)]
    missing += [name for name in ("starts_at", "ends_at") if getattr(appeal, name) is None]
    missing += [] if appeal.purpose.get("zh-Hans") else ["purpose"]
    if missing:
        raise AppealIncomplete(f"missing: {', '.join(missing)}", missing=missing)
    until = appeal.charity.certificate_until
    if until is None or until < at.date() or not appeal.charity.certificate_no:
        raise CertificateExpired()
    must_move(Appeal.objects.filter(pk=appeal.pk), APPEAL, to=AppealState.LIVE, field="state", opened_at=at)
    appeal.state, appeal.opened_at = AppealState.LIVE.value, at
    record(
        kind=Kind.APPEAL_OPENED,
        subject=f"appeal:{appeal.public_id}",
        charity=appeal.charity.organisation.public_id,
        actor=actor,
        at=at,
        public={"number": appeal.number},
    )
    return appeal
