"""Ms Cen's colleagues keep the reference data; nobody rewrites what happened."""

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import Client
from django.urls import reverse

from backend.catalogue.models import Item, Offer
from backend.donations.models import Review
from backend.donations.operations import ReviewReason, hold
from backend.interfaces.backoffice.names import ROOMS, TABLES
from backend.interfaces.backoffice.site import office
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from tests import factories
from tests.backend.donations.stories import give, pay
from tests.cast import MONDAY
from tests.interfaces.backoffice.conftest import MODEL, staff

pytestmark = pytest.mark.django_db


def page(model: type, action: str = "changelist", *args: object) -> str:
    return reverse(f"office:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


@pytest.mark.parametrize(
    "model", sorted(office._registry, key=lambda m: m.__name__), ids=lambda m: m.__name__
)
def test_every_list_opens(keeper: Client, model: type) -> None:
    factories.Village()
    assert keeper.get(page(model)).status_code == 200


def test_strangers_and_donors_are_led_to_sign_in(client: Client) -> None:
    client.force_login(factories.user("阿明"), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/office/")
    assert answer.status_code == 302 and "login" in answer["Location"]


def test_staff_without_a_second_factor_stay_outside(client: Client, settings) -> None:
    settings.DEMO = False
    client.force_login(staff(), backend=MODEL)
    assert client.get("/office/").status_code == 302
    assert client.post("/office/login/")["Location"] == reverse("mfa_index")
    assert "office" not in client.cookies


def test_a_change_is_journalled_with_its_fields_and_no_other_column_is_written(keeper: Client) -> None:
    item = factories.item("棉被")
    form = {
        "code": item.code, "names_zh-Hans": "厚棉被", "units_zh-Hans": item.units["zh-Hans"],
        "sort_key": "", "kind": "goods", "category": "warmth", "drawing": "g-quilt", "variant_of": "",
        "grams": item.grams, "cm3": item.cm3, "shelf_life_days": "",
    }  # fmt: skip
    assert keeper.post(page(Item, "change", item.pk), form).status_code == 302
    item.refresh_from_db()
    assert item.names == {"zh-Hans": "厚棉被"}
    entry = Entry.objects.get(kind=Kind.STAFF_CHANGED)
    assert entry.subject == f"catalogue.item:{item.pk}"
    assert (
        entry.public["added"] is False
        and "names" in entry.public["fields"]
        and "grams" not in entry.public["fields"]
    )


def test_a_price_is_never_changed(keeper: Client) -> None:
    village = factories.Village()
    answer = keeper.post(page(Offer, "change", village.offer.pk), {"charity_price": 1})
    assert answer.status_code == 403
    village.offer.refresh_from_db()
    assert village.offer.charity_price == 6_800


def test_the_journal_is_read_only_and_hides_what_is_private(keeper: Client) -> None:
    entry = own_transaction(record)(
        kind=Kind.GIFT_PLACED, subject="gift:don_1", actor="test", at=MONDAY, private={"name": "阿明的电话"}
    )
    assert keeper.post(page(Entry, "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert "阿明的电话" not in keeper.get(page(Entry, "change", entry.pk)).content.decode()


def test_the_relaxed_policy_is_the_offices_own(keeper: Client) -> None:
    assert "unsafe-eval" in keeper.get("/office/")["Content-Security-Policy"]


def test_the_house_session_opens_no_office_and_the_offices_opens_no_house(client: Client, settings) -> None:
    settings.DEMO = True
    client.force_login(staff(), backend=MODEL)
    at_home = client.session
    at_home["basket"] = {"nee_1": 1}
    at_home.save()
    client.cookies["sessionid"] = at_home.session_key
    assert "/office/login/" in client.get("/office/")["Location"]
    assert "小龙" in client.get("/office/login/").content.decode()

    client.post("/office/login/", {"next": "/office/journal/entry/"})
    cookie = client.cookies["office"]
    assert (cookie["path"], cookie["samesite"]) == ("/office/", "Strict") and cookie["httponly"]
    assert client.get("/office/").status_code == 200
    assert "basket" not in SessionStore(cookie.value), "nothing of the house goes in"

    house = client.cookies.pop("sessionid").value
    assert client.get("/office/").status_code == 302, "signed out of the house"
    assert client.get("/mine/").status_code == 302, "the office's cookie is nobody there"
    client.cookies["sessionid"] = client.cookies["office"] = house
    assert client.get("/office/").status_code == 302, "a house session under the office's name"


def test_signing_out_of_the_office_leaves_the_house(keeper: Client) -> None:
    keeper.post("/office/logout/")
    assert keeper.cookies["office"].value == "" and keeper.get("/office/").status_code == 302
    assert keeper.get("/mine/").status_code == 200


@pytest.mark.parametrize("to", ["https://else.example/office/", "//else.example", "/mine/"])
def test_the_way_in_leads_to_the_office_alone(client: Client, settings, to: str) -> None:
    settings.DEMO = True
    client.force_login(staff(), backend=MODEL)
    assert client.post("/office/login/", {"next": to})["Location"] == "/office/"


def test_a_held_gift_is_released_or_sent_back_by_a_person(keeper: Client, settings) -> None:
    settings.UNDO_MINUTES = 0
    village = factories.Village()
    good, bad = give(village.need), give(village.need)
    for gift in (good, bad):
        hold(donation=gift.public_id, reason=ReviewReason.PACE, seen={"seconds": 120}, actor="t", at=MONDAY)
    assert "don_" not in keeper.get(page(Review)).content.decode()  # not paid: nothing to decide
    for gift in (good, bad):
        pay(gift)
    listed = keeper.get(page(Review)).content.decode()
    assert good.public_id in listed and bad.public_id in listed
    for action, gift in (("release", good), ("send_back", bad)):
        row = Review.objects.get(donation=gift).pk
        assert keeper.post(page(Review), {"action": action, "_selected_action": [row]}).status_code == 302
    decisions = dict(Review.objects.values_list("donation__public_id", "decision"))
    assert decisions == {good.public_id: "release", bad.public_id: "refund"}
    staff = Entry.objects.filter(kind__in=[Kind.GIFT_RELEASED, Kind.GIFT_SENT_BACK])
    assert {entry.actor[:9] for entry in staff} == {"user:usr_"} and staff.count() == 2


def test_every_table_has_a_name_in_the_readers_words(keeper: Client) -> None:
    assert {model.__name__ for model in office._registry} == set(TABLES)
    text = keeper.get("/office/", headers={"accept-language": "zh-hans"}).content.decode()
    assert all(str(word) in text for word in (*ROOMS.values(), *(many for _, many in TABLES.values())))
    assert "Closures" in keeper.get("/office/", headers={"accept-language": "en"}).content.decode()
