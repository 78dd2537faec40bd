"""The letters as they leave: the subject is the news, both parts say the same."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from backend.confirmations.models import Tally
from backend.deliveries.models import Drop
from backend.deliveries.tokens import code_matches
from backend.donations.models import Detail, FundedLine, Question
from backend.interfaces.jobs import letters, sequencer
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.notices.models import Letter
from backend.parties.models import Person
from backend.parties.rules import Role
from backend.supplier_orders.models import SupplierOrder
from tests import factories
from tests.backend.confirmations.stories import Road
from tests.cast import later

pytestmark = pytest.mark.django_db


MORNING = later()


def happens(kind: Kind, subject: str, at: Any = MORNING, **public: object) -> None:
    with transaction.atomic():
        record(kind=kind, subject=subject, actor="x", at=at, public=public)


def post() -> list[Any]:
    """Everything that is due, sent."""
    sequencer.sequence_facts()
    letters.write_letters()
    letters.send_letters()
    return mail.outbox


def sent_to(road: Road, gift: int = 0) -> Any:
    address = Detail.objects.get(donation=road.gifts[gift]).mail
    return next(message for message in mail.outbox if message.to == [address])


def keeper(road: Road, role: Role, organisation: Any) -> str:
    user = factories.member("有人", organisation, role)
    Person.objects.filter(user=user).update(mail=f"{role.value}@example.org")
    return f"{role.value}@example.org"


def html(message: Any) -> str:
    return str(message.alternatives[0].content)


def test_a_paid_gift(settings: Any) -> None:
    road = Road((3,), boxes=1)
    happens(Kind.GIFT_PAID, f"gift:{road.gifts[0].public_id}")
    post()

    message = sent_to(road)
    assert message.subject == "¥204收到了，3床棉被"
    assert "示范小学（者贵村）" in message.body and f"{settings.SITE_URL}/gifts/don_" in message.body
    assert "style=" in html(message) and "var(--" not in html(message) and "<style" not in html(message)


def test_a_whole_count_says_it_is_the_last_letter() -> None:
    road = Road((3,), boxes=1)
    road.count(3, at=later(days=3))
    post()

    message = sent_to(road)
    assert message.subject == "3床棉被点清了"
    assert "这是最后一封信" in message.body and "这是最后一封信" in html(message)


def test_a_short_count_says_what_is_missing_and_what_happens_next() -> None:
    road = Road()
    road.count(38, damaged=1, at=later(days=3), reason="box_open|灯罩裂了")
    post()

    newest = sent_to(road, 2)
    assert newest.subject == "7床棉被，5床点清了，1床少了，正在补，1床不能用，正在换"
    for part in (newest.body, html(newest)):
        assert "运费他们出" in part and "箱子破了或被打开过" in part and "从最后一笔算起" in part
        assert "1床棉被" in part and "5床棉被" in part
    assert sent_to(road, 0).subject == "3床棉被点清了"


def test_a_donor_who_reads_english() -> None:
    road = Road()
    Detail.objects.update(language="en")
    road.count(39, at=later(days=3))
    post()

    message = sent_to(road, 2)
    assert message.subject == "7 × 棉被, 6 pcs counted, 1 pc short, being made good"
    assert "The supplier makes it good" in message.body and '<html lang="en">' in html(message)
    assert re.search(r"; Most likely [^（）]+ \([^（）]+ to [^（）]+\)$", message.body, re.M), message.body


def test_both_parts_say_the_same() -> None:
    road = Road()
    road.count(38, damaged=1, at=later(days=3), reason="box_open|灯罩裂了")
    post()

    message = sent_to(road, 2)
    page = re.sub(r"<title>.*?</title>|<[^>]+>|\s|&nbsp;", "", html(message))
    for paragraph in message.body.split("\n"):
        words = re.sub(r"[-\s：。；]+", "", paragraph)
        assert words in re.sub(r"[-：。；]+", "", page), paragraph


def test_a_van_on_the_road_and_one_that_is_late() -> None:
    road = Road((3,), boxes=1)
    Drop.objects.update(
        expected_from=timezone.now() + timedelta(days=1), expected_to=timezone.now() + timedelta(days=1)
    )
    happens(Kind.SHIPMENT_MOVED, f"shipment:{road.shipment.public_id}", state="in_transit")
    post()
    assert sent_to(road).subject.startswith("3床棉被上路了，")

    mail.outbox.clear()
    road.drop.parcels.update(state="failed")
    Drop.objects.update(state="failed")
    happens(Kind.DROP_FAILED, f"drop:{road.drop.public_id}", reason="road")
    post()
    assert sent_to(road).subject == "3床棉被要晚到" and "下一趟再送" in sent_to(road).body


def test_news_that_is_over_is_not_sent() -> None:
    road = Road((3,), boxes=1)
    happens(Kind.SHIPMENT_MOVED, f"shipment:{road.shipment.public_id}", state="in_transit")
    road.count(3, at=later(days=3))
    post()

    assert [message.subject for message in mail.outbox] == ["3床棉被点清了"]
    assert Letter.objects.get(kind="road").state == "needless"


def test_a_question_names_the_day_and_one_that_is_answered_is_not_asked() -> None:
    road = Road((3,), boxes=1)
    asked = Question.objects.create(
        funded_line=road.funded[0], kind="no_supplier", quantity=3, choices=["wait", "refund"], fallback="refund",
        asked_at=timezone.now(), answer_by=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    happens(Kind.QUESTION_ASKED, f"gift:{road.gifts[0].public_id}")
    post()
    assert sent_to(road).subject == "3床棉被没有人接，要你拿个主意"

    mail.outbox.clear()
    Question.objects.filter(pk=asked.pk).update(answer="wait", answered_at=timezone.now())
    happens(Kind.QUESTION_ASKED, f"gift:{road.gifts[0].public_id}", at=later(hours=1))
    assert post() == []


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (Kind.GIFT_TAKEN_BACK, "撤回了，¥204退给你"),
        (Kind.REFUND_PAID, "¥68已经退回"),
        (Kind.GIFT_LATE_PAID, "¥204退给你，付款到得太晚"),
    ],
)
def test_money_that_goes_back(kind: Kind, subject: str) -> None:
    road = Road((3,), boxes=1)
    happens(kind, f"gift:{road.gifts[0].public_id}", amount=6_800, outcome="returned")
    post()

    assert sent_to(road).subject == subject


def test_the_school_gets_link_and_code_before_the_goods() -> None:
    road = Road((3,), boxes=1)
    address = keeper(road, Role.KEEPER, road.village.recipient.organisation)
    happens(Kind.DROP_EXPECTED, f"drop:{road.drop.public_id}")
    message = post()[0]

    road.drop.refresh_from_db()
    code = re.search(r"^    (\d{6})$", message.body, re.M)
    assert message.to == [address] and "1箱" in message.subject
    assert code and code_matches(road.drop.public_id, code[1], road.drop.code_digest)
    assert code[1] in html(message) and "/count/drp_" in message.body and "3床" in message.body


def test_a_drop_that_is_over_gets_no_code() -> None:
    road = Road((3,), boxes=1)
    keeper(road, Role.KEEPER, road.village.recipient.organisation)
    Detail.objects.all().delete()
    happens(Kind.DROP_EXPECTED, f"drop:{road.drop.public_id}")
    road.deliver()

    assert post() == [] and Letter.objects.get(kind="coming").state == "needless"


def test_the_school_hears_that_nothing_comes_today() -> None:
    road = Road((3,), boxes=1)
    keeper(road, Role.KEEPER, road.village.recipient.organisation)
    Detail.objects.all().delete()
    happens(Kind.DROP_FAILED, f"drop:{road.drop.public_id}", reason="road")

    message = post()[0]
    assert message.subject == "今天的货没送成，下一趟再来" and "路走不通" in message.body


def test_a_supplier_hears_of_a_new_order_while_it_is_open() -> None:
    road = Road((3,), boxes=1)
    address = keeper(road, Role.DESK, road.village.supplier.organisation)
    happens(Kind.ORDER_SENT, f"order:{road.order.public_id}")
    assert post() == []  # answered already

    SupplierOrder.objects.update(request_status="submitted", answered_at=None)
    happens(Kind.ORDER_SENT, f"order:{road.order.public_id}", at=later(hours=1))
    message = post()[0]
    assert message.to == [address] and road.order.number in message.subject and "3床" in message.body


def test_officers_hear_of_two_counts_that_differ() -> None:
    road = Road((3,), boxes=1)
    keeper(road, Role.OFFICER, road.village.charity.organisation)
    Detail.objects.all().delete()
    road.count(3)
    road.count(2, client_uuid="phone-2")

    message = post()[0]
    assert message.subject == "示范小学（者贵村）：两部手机数的不一样"
    assert "3床" in message.body and "2" in message.body
    assert Tally.objects.count() == 2 and not FundedLine.objects.filter(reopened__gt=0).exists()
