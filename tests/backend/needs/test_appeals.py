"""Ms Cen opens an appeal, when the law's fields are set and the certificate is good."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.kernel.states import WrongState
from backend.needs import operations
from backend.needs.models import LEGAL_TEXTS, Appeal
from backend.needs.rules import RemainderRule
from tests import factories
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db
CEN = "user:usr_cen"
TEXTS = operations.AppealTexts(
    titles={"zh-Hans": "住校生过冬"},
    purpose={"zh-Hans": "给住校生添被子"},
    words={"zh-Hans": "十二月夜里到三四度。"},
    area="贵州省安龙县",
    person_in_charge="岑女士（演示）",
    beneficiaries="住校生120人",
    use="全部用于购买所列物品",
    cost_share="0元",
    remainder_rule=RemainderRule.SAME_RECIPIENT,
    filing_no="示范2026-001",
)


def draft(texts: operations.AppealTexts = TEXTS, **changes: Any) -> Appeal:
    values: dict[str, Any] = {"starts_at": MONDAY, "ends_at": later(days=30), **changes}
    need = operations.NewNeed(factories.item(), 120, 6800, 6800)
    return operations.draft_appeal(
        number="需-2611-0001",
        charity=values.pop("charity", None) or factories.charity(),
        recipient=factories.recipient(),
        texts=texts,
        needs=[need],
        actor=CEN,
        at=MONDAY,
        **values,
    )


def test_a_draft_is_opened_once() -> None:
    appeal = draft()
    assert (appeal.state, appeal.lines.get().wanted) == ("draft", 120)
    assert operations.open_appeal(appeal=appeal, actor=CEN, at=MONDAY).state == "live"
    with pytest.raises(WrongState):
        operations.open_appeal(appeal=appeal, actor=CEN, at=MONDAY)
    assert Entry.objects.filter(kind=Kind.APPEAL_OPENED.value).count() == 1


@pytest.mark.parametrize("field", [*LEGAL_TEXTS, "remainder_rule", "purpose"])
def test_each_field_of_law_is_asked_for_and_kept_by_the_database(field: str) -> None:
    empty: Any = {"purpose": {}, "remainder_rule": None}.get(field, "")
    appeal = draft(replace(TEXTS, **{field: empty}))
    with pytest.raises(operations.AppealIncomplete) as refusal:
        operations.open_appeal(appeal=appeal, actor=CEN, at=MONDAY)
    assert refusal.value.details["missing"] == [field]
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(state="live", opened_at=MONDAY)


@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_an_appeal_has_a_beginning_and_an_end(field: str) -> None:
    with pytest.raises(operations.AppealIncomplete):
        operations.open_appeal(appeal=draft(**{field: None}), actor=CEN, at=MONDAY)


def test_an_expired_certificate_opens_nothing() -> None:
    cen = factories.charity()
    type(cen).objects.update(certificate_until=(MONDAY - timedelta(days=1)).date())
    cen.refresh_from_db()
    appeal = draft(charity=cen)
    with pytest.raises(operations.CertificateExpired):
        operations.open_appeal(appeal=appeal, actor=CEN, at=MONDAY)
    assert Appeal.objects.get().state == "draft"
