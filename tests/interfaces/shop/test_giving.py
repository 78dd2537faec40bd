"""Aming gives: confirms, pays, presses twice, comes too late. Without a script throughout."""

import re
from typing import Any

import pytest
from django.test import Client

from backend.donations.models import Detail, Donation, DonationLine
from backend.needs.models import NeedLine
from backend.parties.models import Charity
from tests import factories
from tests.interfaces.shop.conftest import County, Pages, another_charity

pytestmark = pytest.mark.django_db
# placing has a transaction of its own, which the usual test's transaction would hide
places = pytest.mark.django_db(transaction=True)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return found[1]


def filled(html: str, **changes: str) -> dict[str, str]:
    """The confirm page as a browser would send it: every quantity and price, the key, the declaration."""
    fields = dict(re.findall(r'name="(quantity-nee_\w+)" value="(\d+)"', html))
    fields |= dict(re.findall(r'name="(price-nee_\w+)" value="(\d+)"', html))
    fields |= {"key": hidden(html, "key"), "promise": "nearest", "stands_alone": "yes", "act": "pay"}
    return fields | changes


def confirm(client: Client, need: NeedLine, quantity: int = 1) -> str:
    answer = client.get("/give/", {"need": need.public_id, "quantity": quantity})
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_click_leads_to_a_page_with_a_key_that_is_never_cached(county: County, client: Client) -> None:
    answer = client.get("/give/", {"need": county.need.public_id, "quantity": 3})
    html = answer.content.decode()
    assert len(hidden(html, "key")) >= 20 and "csrfmiddlewaretoken" in html
    assert "no-store" in answer["Cache-Control"]
    assert "去付钱" in html and "¥204" in html
    assert Donation.objects.count() == 0, "a GET changes nothing"


def test_every_visit_has_a_key_of_its_own(county: County, client: Client) -> None:
    assert hidden(confirm(client, county.need), "key") != hidden(confirm(client, county.need), "key")


@places
def test_aming_pays_without_a_script(county: County) -> None:
    client = Client(enforce_csrf_checks=True)
    html = confirm(client, county.need, 2)
    form = filled(html, mail="aming@example.org", name="阿明", message="冬天不冷", promise="refund")
    form["csrfmiddlewaretoken"] = hidden(html, "csrfmiddlewaretoken")
    answer = client.post("/give/", form)
    assert answer.status_code == 302
    assert "/sandbox-gateway/pay/?order=" in answer["Location"]
    gift = Donation.objects.get()
    assert (gift.amount, gift.user_id) == (13_600, None)
    assert DonationLine.objects.get().promise["shortfall"] == "refund"
    detail = Detail.objects.get()
    assert (detail.name, detail.mail, detail.message) == ("阿明", "aming@example.org", "冬天不冷")
    county.need.refresh_from_db()
    assert county.need.reserved == 2


def test_a_stranger_without_the_token_gives_nothing(county: County) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/give/", filled(confirm(client, county.need)))
    assert answer.status_code == 403
    assert "这张表单过期了" in answer.content.decode()
    assert Donation.objects.count() == 0


@places
def test_a_double_click_is_one_gift_and_one_payment_page(county: County, client: Client) -> None:
    form = filled(confirm(client, county.need, 2))
    first, second = client.post("/give/", form), client.post("/give/", form)
    assert first["Location"].split("&sign=")[0] == second["Location"].split("&sign=")[0]
    assert Donation.objects.count() == 1
    county.need.refresh_from_db()
    assert county.need.reserved == 2


@places
def test_another_visitor_with_the_same_key_makes_a_gift_of_their_own(county: County, client: Client) -> None:
    form = filled(confirm(client, county.need))
    client.post("/give/", form)
    assert Client().post("/give/", form).status_code == 302
    assert Donation.objects.count() == 2


@places
def test_the_same_key_with_other_contents_is_told_and_not_given(county: County, client: Client) -> None:
    form = filled(confirm(client, county.need))
    client.post("/give/", form)
    answer = client.post("/give/", form | {f"quantity-{county.need.public_id}": "5"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "这张单刚才交过一次，内容不一样" in html and hidden(html, "key") != form["key"]
    assert Donation.objects.count() == 1


@places
def test_a_basket_of_several_needs_is_one_gift(county: County, client: Client) -> None:
    other = county.ask()
    client.post("/give/", filled(confirm(client, county.need, 2), act="more"))
    html = confirm(client, other, 3)
    assert "2样东西" in html and "¥340" in html
    assert client.post("/give/", filled(html)).status_code == 302
    assert sorted(DonationLine.objects.values_list("quantity", flat=True)) == [2, 3]
    assert "篮子是空的" in client.get("/give/").content.decode()


def test_the_basket_is_kept_changed_and_emptied(county: County, client: Client) -> None:
    other = county.ask()
    kept = client.post("/give/", filled(confirm(client, county.need, 2), act="more"))
    assert kept["Location"] == "/"
    assert "篮子1样" in client.get("/").content.decode()
    form = filled(confirm(client, other), **{f"quantity-{other.public_id}": "4", "act": "mend"})
    assert client.post("/give/", form)["Location"] == "/give/"
    html = client.get("/give/").content.decode()
    assert "¥408" in html
    dropped = filled(html, act="", drop=other.public_id)
    html = client.get(client.post("/give/", dropped)["Location"]).content.decode()
    assert other.public_id not in html and "¥136" in html
    client.post("/give/", filled(html, act="", drop=county.need.public_id))
    assert "篮子是空的" in client.get("/give/").content.decode()


@places
def test_a_basket_for_two_charities_is_two_gifts(county: County, client: Client) -> None:
    other = county.ask(charity=another_charity(county.now))
    client.post("/give/", filled(confirm(client, county.need), act="more"))
    html = confirm(client, other)
    assert "水边人家慈善会（演示）、山里人家慈善会（演示）" in html
    client.post("/give/", filled(html))
    assert Donation.objects.values("charity").distinct().count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stands_alone": ""}, "要先确认这一条，才能付钱。"),
        ({"mail": "aming@"}, "这个邮箱寄不到"),
        ({"phone": "1380000"}, "少4位。一共11位"),
        ({"name": "明" * 81}, "最多80个字，现在是81个。"),
        ({"message": "好" * 401}, "最多400个字，现在是401个。"),
        ({"quantity": "0"}, "写一个1以上的整数"),
        ({"quantity": "-3"}, "写一个1以上的整数"),
        ({"quantity": "两"}, "写一个1以上的整数"),
        ({"quantity": "9999999"}, "一笔最多100,000件"),
    ],
)
def test_wrong_input_says_what_to_do_and_keeps_the_rest(
    county: County, client: Client, change: dict[str, str], words: str
) -> None:
    form = filled(confirm(client, county.need), message="冬天不冷")
    if "quantity" in change:
        change = {f"quantity-{county.need.public_id}": change["quantity"]}
    answer = client.post("/give/", form | change)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html and "还没有交，也没有扣钱" in html
    assert hidden(html, "key") == form["key"]
    assert "好好好" in html or "冬天不冷" in html
    assert Donation.objects.count() == 0


def test_fields_in_error_are_named_to_screen_readers(county: County, client: Client) -> None:
    form = filled(confirm(client, county.need), mail="aming@", stands_alone="")
    html = client.post("/give/", form).content.decode()
    assert 'aria-describedby="h-mail e-mail"' in html and 'id="e-mail"' in html
    assert 'aria-describedby="e-stands_alone"' in html and 'id="e-stands_alone"' in html


@places
def test_sold_out_in_between_leads_to_the_nearest_equal_need(county: County, client: Client) -> None:
    near = county.ask(school=factories.recipient("示范小学（坡脚村）", lon=105.43))
    far = county.ask(school=factories.recipient("示范小学（远村）", lon=105.9))
    html = confirm(client, county.need, 2)
    NeedLine.objects.filter(pk=county.need.pk).update(reserved=10)
    answer = client.post("/give/", filled(html))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "刚刚被捐完了" in html and "没有扣钱" in html
    assert html.index("示范小学（坡脚村）") < html.index("示范小学（远村）")
    assert f'value="{near.public_id}"' in html and f'value="{far.public_id}"' in html
    assert Donation.objects.count() == 0


@places
def test_fewer_left_than_asked_offers_the_rest(county: County, client: Client) -> None:
    html = confirm(client, county.need, 5)
    NeedLine.objects.filter(pk=county.need.pk).update(reserved=7)
    html = client.post("/give/", filled(html)).content.decode()
    assert "只差3床了" in html
    assert f"/give/?need={county.need.public_id}&amp;quantity=3" in html


@places
def test_the_rest_of_the_basket_survives_a_sold_out_line(county: County, client: Client) -> None:
    other = county.ask()
    client.post("/give/", filled(confirm(client, other, 2), act="more"))
    html = confirm(client, county.need)
    NeedLine.objects.filter(pk=county.need.pk).update(reserved=10)
    html = client.post("/give/", filled(html)).content.decode()
    assert "篮子里还有" in html and "先捐这些" in html
    html = client.get("/give/").content.decode()
    assert other.public_id in html and county.need.public_id not in html


@places
def test_a_school_that_said_enough_is_told_as_that(county: County, client: Client) -> None:
    html = confirm(client, county.need)
    NeedLine.objects.filter(pk=county.need.pk).update(stopped_at=county.now)
    html = client.post("/give/", filled(html)).content.decode()
    assert "学校说够了" in html and "现在没有别的地方要一样的东西" in html


@places
def test_a_changed_price_is_shown_before_it_is_paid(county: County, client: Client) -> None:
    html = confirm(client, county.need)
    NeedLine.objects.filter(pk=county.need.pk).update(unit_price=7_000, ceiling_price=7_000)
    answer = client.post("/give/", filled(html))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "价钱变了" in html and "刚才¥68，现在¥70" in html
    assert client.post("/give/", filled(html)).status_code == 302
    assert Donation.objects.get().amount == 7_000


@places
def test_a_charity_without_a_certificate_takes_nothing(county: County, client: Client) -> None:
    Charity.objects.update(certificate_no="")
    answer = client.post("/give/", filled(confirm(client, county.need)))
    assert answer.status_code == 409 and "公募资格到期了" in answer.content.decode()


@places
def test_a_member_gives_as_a_member(county: County, client: Client) -> None:
    aming = factories.user("阿明", mail="aming@example.org")
    client.force_login(aming, backend="django.contrib.auth.backends.ModelBackend")
    html = confirm(client, county.need)
    assert "以阿明的账户捐" in html and 'value="aming@example.org"' in html
    client.post("/give/", filled(html))
    assert Donation.objects.get().user_id == aming.pk


@pytest.mark.parametrize("query", [{"need": "nee_unknown"}, {"need": ""}, {"quantity": "x"}])
def test_nonsense_in_the_address_is_an_empty_basket(
    county: County, read: Pages, query: dict[str, str]
) -> None:
    assert "篮子是空的" in read("/give/", **query)


def test_a_form_without_lines_is_an_empty_basket(county: County, client: Client) -> None:
    answer = client.post("/give/", {"act": "pay", "stands_alone": "yes", "key": "k"})
    assert answer.status_code == 422 and "篮子是空的" in answer.content.decode()


@places
def test_a_foreign_need_in_the_form_is_passed_over(county: County, client: Client) -> None:
    form = filled(confirm(client, county.need)) | {"quantity-nee_unknown": "1", "price-nee_unknown": "1"}
    assert client.post("/give/", form).status_code == 302
    assert DonationLine.objects.count() == 1


def test_the_confirm_page_costs_the_same_for_thirty_lines(
    county: County, client: Client, settings: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/give/")
        return len(seen)

    client.post("/give/", filled(confirm(client, county.need), act="more"))
    one = count()
    for _ in range(29):
        client.post("/give/", filled(confirm(client, county.ask()), act="more"))
    assert "30样东西" in client.get("/give/").content.decode()
    assert count() == one


@places
def test_when_nobody_knows_what_came_of_it_the_same_key_finds_the_gift(
    county: County, client: Client, settings: Any
) -> None:
    form = filled(confirm(client, county.need))
    settings.GIFT_WAIT_SECONDS, patience = 0, settings.GIFT_WAIT_SECONDS
    answer = client.post("/give/", form)
    html = answer.content.decode()
    assert answer.status_code == 503 and "没轮到" in html
    assert hidden(html, "key") == form["key"]
    settings.GIFT_WAIT_SECONDS = patience
    assert client.post("/give/", filled(html)).status_code == 302
    assert Donation.objects.count() == 1
