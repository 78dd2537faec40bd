"""Aming reads her gift's page, by its link and signed in; a stranger does not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.donations.models import Donation, DonationLine, FundedLine, Question, Refund
from backend.donations.tokens import gift_token
from backend.interfaces import tickets
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine
from tests import factories
from tests.backend.confirmations.stories import Road
from tests.cast import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def aming() -> Client:
    return Client()


def link(gift: Donation, name: str = "gift", **more: str) -> str:
    key = gift_token(donation=gift.public_id, link_version=gift.link_version)
    return reverse(f"track:{name}", kwargs={"key": key, **more})


def read(client: Client, gift: Donation) -> str:
    page = client.get(link(gift))
    assert page.status_code == 200
    return page.content.decode()


def test_the_road_of_a_gift(aming: Client) -> None:
    road = Road()
    page = aming.get(link(road.gifts[0]))
    text = page.content.decode()

    assert "你捐的3床棉被" in text and "¥204" in text and "示范小学（者贵村）" in text
    assert "3床在路上" in text and "第1箱，共2箱" in text and "演示供应商·暖冬" in text
    assert "凭据" in text and 'id="gift"' in text
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_a_whole_count_is_told_with_its_postmark(aming: Client) -> None:
    road = Road()
    road.count(40, at=later(days=3))

    text = read(aming, road.gifts[0])

    assert "3床点清了" in text and 'class="postmark"' in text and "note--" not in text
    assert "学校点的" in text and "40床" in text


def test_a_short_gift_reads_the_bad_news_first_and_why_it_is_hers(aming: Client) -> None:
    road = Road()
    road.count(39, at=later(days=3), reason="box_whole|")

    text = read(aming, road.gifts[2])

    assert text.index("有1床没到") < text.index("走到哪儿了")
    assert "箱子是好的，里面就少" in text and "从最后一笔算起" in text
    assert "6床点清了" in text and "1床少了，正在补" in text and "点数，在这里分成两路" in text
    assert "有1床没到" not in read(aming, road.gifts[0])


def test_a_broken_lamp_is_told_in_the_schools_words(aming: Client) -> None:
    road = Road()
    road.count(39, damaged=1, reason="|灯罩裂了")

    text = read(aming, road.gifts[2])

    assert "有1床不能用" in text and "灯罩裂了" in text


def test_her_own_gift_signed_in_and_nobody_elses(aming: Client) -> None:
    user = factories.user("阿明", mail="aming@example.org")
    road = Road((3,), boxes=1, donor=user)
    address = reverse("track:gift", kwargs={"key": road.gifts[0].public_id})

    assert aming.get(address).status_code == 302  # to sign in
    aming.force_login(factories.user("生人"), backend="django.contrib.auth.backends.ModelBackend")
    assert aming.get(address).status_code == 404
    aming.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert "你捐的3床棉被" in aming.get(address).content.decode()


def test_a_link_that_was_renewed_or_forged_opens_nothing(aming: Client) -> None:
    gift = Road((3,), boxes=1).gifts[0]
    old = link(gift)
    Donation.objects.update(link_version=2)

    assert aming.get(old).status_code == 404
    assert aming.get("/gifts/don_1.1.forged/").status_code == 404
    assert aming.get(old + "ticket/").status_code == 404


def question(road: Road) -> Question:
    SupplierOrderLine.objects.update(dropped=3)
    FundedLine.objects.update(sourced=0, held=3)
    return Question.objects.create(
        funded_line=road.funded[0], kind="no_supplier", quantity=3, choices=["wait", "nearest", "refund"],
        fallback="refund", asked_at=timezone.now(), answer_by=timezone.now() + timedelta(days=3),
    )  # fmt: skip


@pytest.fixture
def asked() -> tuple[Road, Question]:
    """An order that was declined whole, with nothing packed, and the question to its donor."""
    road = Road((3,), boxes=1)
    for row in road.shipment.parcels.all():
        row.drops.all().delete()
        row.handovers.all().delete()
        for content in row.items.all():
            content.lines.all().delete()
            content.delete()
        row.delete()
    SupplierOrderItem.objects.update(accepted=0, shipped=0, rejected=3, reason="缺棉花")
    SupplierOrder.objects.update(request_status="rejected")
    return road, question(road)


def test_a_question_stands_on_top_with_its_choices(aming: Client, asked: tuple[Road, Question]) -> None:
    road, que = asked
    text = read(aming, road.gifts[0])

    assert "3床要你拿个主意" in text and "再等等" in text and "退给我" in text
    assert "缺棉花" in text

    answer = aming.post(
        link(road.gifts[0], "answer", question=que.public_id), {"choice": "wait"}, follow=True
    )
    que.refresh_from_db()
    assert que.answer == "wait" and "记下了" in answer.content.decode()


def test_an_answer_that_is_no_choice_and_one_that_comes_late(
    aming: Client, asked: tuple[Road, Question]
) -> None:
    road, que = asked
    address = link(road.gifts[0], "answer", question=que.public_id)
    aming.post(address, {"choice": "keep"})
    que.refresh_from_db()
    assert que.answer is None

    Question.objects.update(answer="refund", answered_at=timezone.now())
    assert "晚了一步" in aming.post(address, {"choice": "wait"}, follow=True).content.decode()


def test_a_question_of_another_gift_is_not_hers_to_answer(
    aming: Client, asked: tuple[Road, Question]
) -> None:
    _, que = asked
    other = Road((2,), boxes=1)

    assert (
        aming.post(link(other.gifts[0], "answer", question=que.public_id), {"choice": "refund"}).status_code
        == 404
    )
    que.refresh_from_db()
    assert que.answer is None


def test_a_get_answers_and_undoes_nothing(aming: Client, asked: tuple[Road, Question]) -> None:
    road, que = asked
    assert aming.get(link(road.gifts[0], "answer", question=que.public_id)).status_code == 405
    assert aming.get(link(road.gifts[0], "undo")).status_code == 405


@pytest.fixture
def fresh() -> Donation:
    """Paid a minute ago; nobody has begun to buy."""
    village = factories.Village()
    now = timezone.now()
    gift = Donation.objects.create(
        charity=village.charity, amount=6_800, status="paid", placed_at=now, paid_at=now,
        order_after=now + timedelta(minutes=30),
    )  # fmt: skip
    line = DonationLine.objects.create(
        donation=gift,
        charity=village.charity,
        need_line=village.need,
        quantity=1,
        amount=6_800,
        directed=6_800,
    )
    funded = FundedLine.objects.create(
        need_line=village.need, charity=village.charity, quantity=1, unit_price=6_800, amount=6_800, filled=6_800,
        state="funded", due_at=gift.order_after,
    )  # fmt: skip
    funded.fundings.create(line=line, amount=6_800)
    type(village.need).objects.update(reserved=1)
    account = village.charity.payment_accounts.get()
    gift.payments.create(account=account, merchant_ref="m-1", gateway_ref="g-1", amount=6_800, status="paid")
    return gift


def test_a_gift_can_be_taken_back_in_time(aming: Client, fresh: Donation) -> None:
    assert "撤回这一笔" in read(aming, fresh)

    text = aming.post(link(fresh, "undo"), follow=True).content.decode()

    assert "撤回了" in text and "撤回这一笔" not in text and "¥68退给你" in text
    assert Refund.objects.get().amount == 6_800


def test_too_late_to_take_back(aming: Client, fresh: Donation) -> None:
    Donation.objects.update(order_after=timezone.now())

    assert "撤回这一笔" not in read(aming, fresh)
    assert "晚了一步" in aming.post(link(fresh, "undo"), follow=True).content.decode()
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("status", "words"),
    [("placed", "还没有付款"), ("expired", "东西放回去了"), ("returned", "退给你了")],
)
def test_gifts_that_are_not_on_the_road(aming: Client, fresh: Donation, status: str, words: str) -> None:
    paid = None if status != "returned" else timezone.now()
    Donation.objects.update(status=status, paid_at=paid, expires_at=timezone.now())

    assert words in read(aming, fresh)


def test_the_parts_alone_for_htmx(aming: Client) -> None:
    gift = Road((3,), boxes=1).gifts[0]
    text = aming.get(link(gift, "parts")).content.decode()

    assert text.lstrip().startswith('<div class="flow-l" id="gift"') and "<html" not in text


def test_a_ticket_opens_this_gift_alone(aming: Client) -> None:
    gift = Road((3,), boxes=1).gifts[0]

    ticket = aming.get(link(gift, "ticket")).json()["ticket"]

    assert tickets.read_ticket(ticket) == gift.public_id
    assert tickets.read_ticket(ticket + "x") is None


def test_more_lines_cost_no_more_queries(aming: Client, django_assert_num_queries: Any) -> None:
    one, thirty = Road((3,), boxes=1), Road((3,), boxes=1)
    gift = thirty.gifts[0]
    for _ in range(29):
        village = thirty.village
        need = factories.need(village.appeal, factories.item())
        line = DonationLine.objects.create(
            donation=gift, charity=village.charity, need_line=need, quantity=1, amount=6_800, directed=6_800
        )
        funded = FundedLine.objects.create(
            need_line=need, charity=village.charity, quantity=1, unit_price=6_800, amount=6_800, filled=6_800,
            state="funded",
        )  # fmt: skip
        funded.fundings.create(line=line, amount=6_800)
        SupplierOrderLine.objects.create(item=thirty.item, funded_line=funded, quantity=1)
    queries = 15

    with django_assert_num_queries(queries):
        aming.get(link(one.gifts[0]))
    with django_assert_num_queries(queries):
        text = read(aming, gift)
    assert "30样东西" in text


@pytest.mark.parametrize(("language", "words"), [("en", "Where it is now"), ("zh-hant", "走到哪兒了")])
def test_every_language(aming: Client, language: str, words: str) -> None:
    road = Road()
    road.count(38, damaged=1)
    aming.cookies.load({"django_language": language})

    assert words in read(aming, road.gifts[2])
