"""Teacher Wei counts on a phone without JavaScript, and on one that sends its queue."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.confirmations.models import Confirmation, Count, Tally
from backend.deliveries.models import Drop
from backend.deliveries.tokens import code_matches, link_token
from backend.parties.rules import Role
from tests import factories
from tests.backend.confirmations.stories import Road

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def wei() -> Client:
    """A browser without cookies, and strict about CSRF: the link alone must do."""
    return Client(enforce_csrf_checks=True)


def address(road: Road, name: str = "count") -> str:
    road.drop.refresh_from_db()
    token = link_token(road.drop.public_id, road.drop.link_version)
    return reverse(f"confirm:{name}", kwargs={"token": token})


def filled(road: Road, got: object, **more: object) -> dict[str, Any]:
    item = road.village.item.public_id
    return {"client_uuid": "phone-1", f"got-{item}": got, **{f"{k}-{item}": v for k, v in more.items()}}


def test_the_page_says_what_should_be_there(wei: Client) -> None:
    road = Road()

    page = wei.get(address(road))

    text = page.content.decode()
    assert page.status_code == 200 and "该到2箱，1样" in text and "该到40床，在2个箱子里" in text
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "no-referrer"
    assert not page.cookies
    assert not Tally.objects.exists()


def test_a_count_by_plain_form_ends_on_a_receipt(wei: Client) -> None:
    road = Road()

    sent = wei.post(address(road, "send"), filled(road, "40"))
    receipt = wei.get(sent["Location"])

    assert sent.status_code == 302 and "都对上了" in receipt.content.decode()
    assert receipt.content.decode().count('<svg viewBox="0 0 24 24">') == 8  # eight 正 are forty
    assert Count.objects.get().received == 40


def test_short_and_broken_goods_with_a_reason(wei: Client) -> None:
    road = Road()

    sent = wei.post(
        address(road, "send"), filled(road, "39", bad="1", fault="damaged", seen="box_open", words="灯罩裂了")
    )
    text = wei.get(sent["Location"]).content.decode()

    count = Count.objects.get()
    assert (count.received, count.damaged, count.missing) == (38, 1, 1)
    assert count.reason == "box_open|灯罩裂了"
    assert "少1床" in text and "1床不能用" in text and "灯罩裂了" in text and "箱子破了或被打开过" in text
    assert "点清</text>" not in text  # the postmark is for good news alone


def test_an_empty_field_is_asked_for_and_nothing_typed_is_lost(wei: Client) -> None:
    road = Road()

    page = wei.post(
        address(road, "send"), filled(road, "", bad="2", words="湿了") | {"second_adult": "李老师"}
    )

    text = page.content.decode()
    assert page.status_code == 422 and "先写点到几个" in text and "湿了" in text and "李老师" in text
    assert 'value="phone-1"' in text and not Tally.objects.exists()


@pytest.mark.parametrize(
    ("got", "bad"), [("39.5", ""), ("-1", ""), ("100000", ""), ("abc", ""), ("3", "4"), ("3", "-1")]
)
def test_what_is_no_number_is_refused(wei: Client, got: str, bad: str) -> None:
    road = Road()

    assert wei.post(address(road, "send"), filled(road, got, bad=bad)).status_code == 422
    assert not Confirmation.objects.exists()


def test_pressing_twice_gives_the_first_answer(wei: Client) -> None:
    road = Road()
    first = wei.post(address(road, "send"), filled(road, "39"))

    again = wei.post(address(road, "send"), filled(road, "40"))

    assert again["Location"] == first["Location"] and Count.objects.get().received == 39


def test_a_second_phone_is_told_that_another_was_first(wei: Client) -> None:
    road = Road()
    wei.post(address(road, "send"), filled(road, "39"))

    sent = wei.post(address(road, "send"), filled(road, "40") | {"client_uuid": "phone-2"})

    assert "另一部手机先记了" in wei.get(sent["Location"]).content.decode()


def queued(road: Road, got: int, **more: object) -> dict[str, Any]:
    counts = [{"item": road.village.item.public_id, "got": got, "bad": 0, "fault": "damaged", **more}]
    return {"client_uuid": "phone-1", "counted_at": YESTERDAY.isoformat(), "counts": counts}


def post_json(wei: Client, road: Road, body: object) -> Any:
    return wei.post(address(road, "tally"), json.dumps(body), content_type="application/json")


def test_a_tally_out_of_the_queue_as_often_as_it_likes(wei: Client) -> None:
    road = Road()

    answers = [post_json(wei, road, queued(road, 39, seen="unclear")) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json() for answer in answers] == [{"receipt": address(road), "first": True}] * 3
    assert Tally.objects.get().counted_at == YESTERDAY


def test_the_queue_of_a_second_phone_gets_the_first_answer(wei: Client) -> None:
    road = Road()
    post_json(wei, road, queued(road, 39))

    answer = post_json(wei, road, queued(road, 40) | {"client_uuid": "phone-2"}).json()

    assert answer == {"receipt": address(road) + "?other", "first": False}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"client_uuid": "p"},
        {"client_uuid": "p", "counts": []},
        {"client_uuid": "p", "counts": [{"item": "itm_x", "got": 1}]},
        {"client_uuid": "p", "counts": "40"},
        {"counts": []},
    ],
)
def test_what_is_no_tally_is_told_never_to_come_again(wei: Client, body: object) -> None:
    assert post_json(wei, Road(), body).status_code == 422


def test_a_tally_for_a_failed_drop_leaves_the_queue_with_a_reason(wei: Client) -> None:
    road = Road()
    Drop.objects.update(state="failed")

    answer = post_json(wei, road, queued(road, 40))

    assert answer.status_code == 409 and answer.json()["code"] == "drop_failed"
    assert "这一趟没送成" in wei.get(address(road)).content.decode()


def test_a_link_that_was_reprinted_and_one_that_is_forged(wei: Client) -> None:
    road = Road()
    old = address(road)
    Drop.objects.update(link_version=2)

    assert wei.get(old).status_code == 404 and "不能用了" in wei.get(old).content.decode()
    assert wei.get("/count/drp_1-1.forged/").status_code == 404
    assert wei.post(old + "send/", filled(road, "40")).status_code == 404
    assert wei.get(address(road)).status_code == 200


def test_a_new_code_is_shown_once_and_a_get_changes_nothing(wei: Client) -> None:
    road = Road()
    assert wei.get(address(road, "code")).status_code == 405

    text = wei.post(address(road, "code")).content.decode()

    road.drop.refresh_from_db()
    shown = re.search(r'<p class="big no" role="status">(\d{6})</p>', text)
    assert shown and code_matches(road.drop.public_id, shown[1], road.drop.code_digest)
    assert shown[1] not in wei.get(address(road)).content.decode()


def test_a_delivered_drop_gives_no_code(wei: Client) -> None:
    road = Road()
    road.deliver()

    assert wei.post(address(road, "code")).status_code == 302


def test_two_orders_of_the_same_quilt_are_one_heap(wei: Client) -> None:
    """On the floor they are quilts; which supplier sent which is not the school's work."""
    road = Road((3,), boxes=1)
    other = Road((5,), boxes=1, village=road.village)
    other.drop.parcels.update(drop=road.drop)

    text = wei.get(address(road)).content.decode()
    wei.post(address(road, "send"), filled(road, "7"))

    assert "该到8床，在2个箱子里" in text
    counts = list(Count.objects.order_by("order_item").values_list("received", "missing"))
    assert counts == [(3, 0), (4, 1)]


def test_other_drops_of_the_school_are_named(wei: Client) -> None:
    road = Road((3,), boxes=1)
    other = Road((5,), boxes=1, village=road.village)

    assert address(other) in wei.get(address(road)).content.decode()


def test_more_lines_cost_no_more_queries(wei: Client, django_assert_num_queries: Any) -> None:
    one, thirty = Road((3,), boxes=1), Road(tuple(range(1, 31)), boxes=6)
    queries = 5

    with django_assert_num_queries(queries):
        wei.get(address(one))
    with django_assert_num_queries(queries):
        wei.get(address(thirty))


def test_the_worker_stands_above_its_pages(wei: Client) -> None:
    answer = wei.get(reverse("confirm:worker"))

    assert (
        answer["Content-Type"].startswith("text/javascript") and "addEventListener" in answer.content.decode()
    )


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_every_language(wei: Client, language: str) -> None:
    road = Road()
    wei.cookies.load({"django_language": language})

    words = {"en": "Write down what you count", "zh-hant": "點到多少寫多少"}
    assert words[language] in wei.get(address(road)).content.decode()


def test_a_keeper_who_signs_in_finds_what_waits(client: Client) -> None:
    road, elsewhere = Road(), Road((5,))
    keeper = factories.member("韦老师", road.village.recipient.organisation, Role.KEEPER)
    client.force_login(keeper, backend="django.contrib.auth.backends.ModelBackend")

    text = client.get("/count/").content.decode()
    assert address(road) in text and "2箱" in text and address(elsewhere) not in text

    road.count(40)
    assert "现在没有要点的" in client.get("/count/").content.decode()
    assert Client().get("/count/").status_code == 302
