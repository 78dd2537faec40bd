"""Every page of the office opens in every language, speaks it, and takes what people type."""

import re
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation

from backend.catalogue.models import Item, Offer
from backend.donations.models import Review
from backend.donations.operations import ReviewReason, hold
from backend.interfaces.backoffice.names import ROOMS, TABLES
from backend.interfaces.backoffice.parts import Week, clock, minutes
from backend.interfaces.backoffice.refusals import REFUSALS
from backend.interfaces.backoffice.said import said
from backend.interfaces.backoffice.site import office
from backend.interfaces.backoffice.typed import Steps
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.parties.models import Closure, Membership, Organisation, Site, User
from backend.parties.rules import Role
from tests import factories
from tests.backend.donations.stories import give, pay
from tests.cast import MONDAY
from tests.interfaces.backoffice.test_words import bare, list_of, page_of, world

pytestmark = pytest.mark.django_db
MODELS = sorted(office._registry, key=lambda model: model.__name__)
LANGUAGES = ["zh-hans", "zh-hant", "en"]
MAIN = re.compile(r'<div id="main".*', re.S)
CODE = re.compile(r"<script.*?</script>|<style.*?</style>|<pre.*?</pre>|<template.*?</template>", re.S)


def add_to(model: type) -> str:
    return reverse(f"office:{model._meta.app_label}_{model._meta.model_name}_add")


def pages() -> list[str]:
    """The addresses of all pages that staff can open: rooms, lists, forms and rows."""
    found = [reverse("office:index"), *(reverse("office:app_list", args=[room]) for room in ROOMS)]
    for model in MODELS:
        found.append(list_of(model))
        if office._registry[model].has_add_permission(_Staff()):  # type: ignore[arg-type]
            found.append(add_to(model))
        if (row := model._default_manager.first()) is not None:
            found.append(page_of(row))
    return found


class _Staff:
    user = User(is_staff=True, is_superuser=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_with_a_title_of_its_own(keeper: Client, language: str) -> None:
    world()
    titles: dict[str, str] = {}
    for address in pages():
        answer = keeper.get(address, headers={"accept-language": language})
        text = answer.content.decode()
        assert answer.status_code == 200, address
        assert f'<html lang="{language}"' in text and "object (" not in text, address
        (title,) = re.findall(r"<title>\s*(.*?)\s*</title>", text, re.S)
        titles[address] = title
        if language != "en":
            assert not re.search("[a-z]{3}", re.sub(r"[a-z]{3}_\w+", "", title)), title
            assert not re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]", title), title
    assert len(titles) > 50


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_form_asks_for_json_where_people_type_words(keeper: Client, model: type) -> None:
    if not office._registry[model].has_add_permission(_Staff()):  # type: ignore[arg-type]
        return
    text = keeper.get(add_to(model)).content.decode()
    assert not re.search(r"<textarea[^>]*>\s*(null|\[\]|\[\[)", text)
    assert "vForeignKeyRawIdAdminField" not in text, "a number of a row means nothing"
    assert "usr_…" in text or "public_id" not in text


def test_rooms_and_tables_stand_in_the_order_of_the_work(keeper: Client) -> None:
    context = keeper.get("/office/").context
    rooms = context["available_apps"]
    assert [room["app_label"] for room in rooms] == [*ROOMS]
    assert [table["object_name"] for room in rooms for table in room["models"]] == sorted(
        (model.__name__ for model in MODELS),
        key=lambda name: (
            [*ROOMS].index(next(m for m in MODELS if m.__name__ == name)._meta.app_label),
            [*TABLES].index(name),
        ),
    )


def test_a_place_is_typed_in_words_and_hours(keeper: Client) -> None:
    charity = factories.charity("慈善会")
    form = {
        "organisation": charity.organisation_id, "names_zh-Hans": "坡脚小学", "names_en": "Pojiao school",
        "kind": "school", "township_code": "522328001000", "township": "", "county_code": "522328",
        "lon": "105.3", "lat": "25.1", "terrain": "hills",
        "hours_0": "8:30—12:00，14:00-17:00", "hours_1": "8:30至12:00",
    }  # fmt: skip
    assert keeper.post(add_to(Site), form).status_code == 302
    site = Site.objects.get(names__contains={"en": "Pojiao school"})
    assert site.names == {"zh-Hans": "坡脚小学", "en": "Pojiao school"}
    assert site.hours == [[[510, 720], [840, 1020]], [[510, 720]], [], [], [], [], []]
    assert 'value="8:30—12:00 14:00—17:00"' in keeper.get(page_of(site)).content.decode()
    assert keeper.post(page_of(site), {**form, "lat": "25.2"}).status_code == 302
    assert Entry.objects.filter(kind=Kind.STAFF_CHANGED).latest("id").public["fields"] == ["lat"]


@pytest.mark.parametrize("text", ["早上", "12:00—8:00", "8:30", "25:00—26:00", "8:30—12:00 11:00—13:00"])
def test_hours_that_are_none_are_refused(keeper: Client, text: str) -> None:
    charity = factories.charity("慈善会")
    form = {"organisation": charity.organisation_id, "names_zh-Hans": "坡脚小学", "hours_0": text}
    answer = keeper.post(add_to(Site), form, headers={"accept-language": "zh-hans"})
    assert answer.status_code == 200 and "不是时段" in answer.content.decode()


def test_a_week_without_words_is_always_open_and_a_shift_is_a_clock() -> None:
    assert Week().clean([""] * 7) == []
    assert (clock(510), minutes("8:30"), minutes("24:00"), minutes("24:01"), minutes("8:60")) == (
        "8:30", 510, 1440, None, None,
    )  # fmt: skip


def test_a_name_needs_simplified_chinese(keeper: Client) -> None:
    answer = keeper.post(add_to(Organisation), {"names_en": "Pojiao school", "realm": "live"})
    assert answer.status_code == 200 and not Organisation.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_table_refuses_is_said_in_words(keeper: Client, language: str) -> None:
    form = {
        "code": "X-1", "names_zh-Hans": "厚棉被", "units_zh-Hans": "床", "sort_key": "", "kind": "goods",
        "category": "warmth", "drawing": "g-quilt", "grams": "0", "cm3": "0", "shelf_life_days": "",
    }  # fmt: skip
    answer = keeper.post(add_to(Item), form, headers={"accept-language": language})
    text = answer.content.decode()
    with translation.override(language):
        assert str(REFUSALS["goods_have_mass"]) in text and "goods_have_mass" not in text


def test_every_refusal_is_a_constraint() -> None:
    names = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    assert set(REFUSALS) <= names


def test_prices_for_more_pieces_are_typed_a_line_each(keeper: Client) -> None:
    field = Steps(required=False)
    assert field.clean("10 64.60\n\n 50  60 ") == [[10, 6_460], [50, 6_000]]
    assert field.prepare_value([[10, 6_460]]) == "10 64.60" and field.clean("") == []
    with pytest.raises(ValidationError):
        field.clean("ten 64")
    offer = factories.Village().offer
    form = {
        "item": offer.item_id, "supplier": offer.supplier_id, "warehouse": offer.warehouse_id,
        "currency": "CNY", "charity_price": "68.00", "pack_size": 1, "price_breaks": "10 64.60\n50 66",
        "during_0": "2027-01-01 0:00", "during_1": "",
    }  # fmt: skip
    answer = keeper.post(add_to(Offer), form, headers={"accept-language": "zh-hans"})
    assert "一档比一档" in answer.content.decode()
    assert keeper.post(add_to(Offer), {**form, "price_breaks": "10 64.60"}).status_code == 302
    new = Offer.objects.latest("pk")
    assert new.price_breaks == [[10, 6_460]]
    page = keeper.get(page_of(new), headers={"accept-language": "zh-hans"}).content.decode()
    assert "10件起¥64.60" in page


@pytest.mark.parametrize("model", [Closure, Offer], ids=lambda model: model.__name__)
def test_a_span_has_an_input_for_each_end(keeper: Client, model: type) -> None:
    text = keeper.get(add_to(model), headers={"accept-language": "zh-hans"}).content.decode()
    ends = re.findall(r"<label><span>(从|到)</span>\s*<input[^>]*name=\"during_[01]\"[^>]*placeholder", text)
    assert ends == ["从", "到"]


def test_a_second_closure_over_the_first_is_said_not_a_fault(keeper: Client) -> None:
    site = factories.Village().recipient.site
    form = {
        "site": site.pk, "during_0": "2026-12-01 8:00", "during_1": "2026-12-03 8:00", "kind": "exam",
        "source": "school", "reported_at_0": "2026-12-01", "reported_at_1": "08:00",
    }  # fmt: skip
    assert keeper.post(add_to(Closure), form).status_code == 302
    answer = keeper.post(add_to(Closure), form, headers={"accept-language": "zh-hans"})
    assert answer.status_code == 200 and "重叠" in answer.content.decode()
    assert Closure.objects.count() == 1


def test_a_seat_is_given_by_the_number_of_a_person(keeper: Client) -> None:
    charity, user = factories.charity("慈善会"), factories.user("阿莲")
    form = {"user": user.public_id, "organisation": charity.organisation_id, "role": Role.OFFICER.value}
    assert keeper.post(add_to(Membership), form).status_code == 302
    seat = Membership.objects.get()
    assert seat.user == user
    assert "阿莲" in bare(keeper.get(page_of(seat)).content.decode())
    keeper.post(page_of(seat), {**form, "user": factories.user("别人").public_id})
    seat.refresh_from_db()
    assert seat.user == user, "a seat changes its holder for nobody"
    assert keeper.post(add_to(Membership), {**form, "user": "usr_nobody"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_row_has_a_name(model: type) -> None:
    assert said.dispatch(model) is not said.dispatch(object) or model.__str__ is not Model.__str__


def test_choices_are_in_the_readers_words(keeper: Client) -> None:
    village = factories.Village()
    row = village.supplier.organisation
    row.names = {"zh-Hans": "被服厂", "en": "Quilt works"}
    row.save(update_fields=["names"])
    question = {"app_label": "catalogue", "model_name": "offer", "field_name": "supplier", "term": "被服"}
    answer = keeper.get("/office/autocomplete/", question, headers={"accept-language": "en"}).json()
    assert [choice["text"] for choice in answer["results"]] == ["Quilt works"]


def test_the_history_of_a_row_is_what_the_journal_has(keeper: Client) -> None:
    village = factories.Village()
    site, offer = village.recipient.site, village.offer
    own_transaction(record)(
        kind=Kind.SITE_ADDED, subject=f"site:{site.public_id}", actor="system:demo", at=MONDAY
    )
    for row, found in ((site, 1), (offer, 0)):
        answer = keeper.get(page_of(row).replace("/change/", "/history/"))
        assert parse_qs(urlsplit(answer["Location"]).query)["subject__in"]
        listed = keeper.get(answer["Location"])
        assert listed.status_code == 200 and listed.context["cl"].result_count == found
    assert keeper.get("/office/parties/site/0/history/")["Location"] == "/office/"


@pytest.mark.parametrize(
    ("language", "subject"), [("zh-hans", "机构 · org_1"), ("en", "Organisation · org_1")]
)
def test_entries_say_who_did_what_to_what(keeper: Client, language: str, subject: str) -> None:
    charity = factories.charity("慈善会")
    staff, donor = User.objects.get(is_staff=True), factories.user("阿明")
    write = own_transaction(record)
    for user in (staff, donor):
        actor = f"user:{user.public_id}"
        entry = write(kind=Kind.STAFF_CHANGED, subject="parties.site:7", actor=actor, at=MONDAY)
    of = charity.organisation.public_id
    own = write(kind=Kind.PARTY_REGISTERED, subject="organisation:org_1", actor="x:y", charity=of, at=MONDAY)
    text = bare(keeper.get(list_of(Entry), headers={"accept-language": language}).content.decode())
    with translation.override(language):
        assert f"{TABLES['Site'][0]} · 7" in text and "小龙" in text and subject in text
    assert "阿明" not in text and donor.public_id in text, "who gives stays a number"
    by = write(kind=Kind.STAFF_CHANGED, subject="site:1", actor=f"org:{of}", at=MONDAY)
    assert of not in bare(keeper.get(page_of(by)).content.decode()), "bodies act by their names"
    page = bare(keeper.get(page_of(own), headers={"accept-language": language}).content.decode())
    assert "慈善会" in page and of not in page
    assert donor.public_id in bare(keeper.get(page_of(entry)).content.decode())


def test_an_appeal_is_read_in_its_translation(keeper: Client) -> None:
    appeal = factories.Village().need.appeal
    appeal.translations = {"en": {"use": "It buys quilts."}}
    appeal.save(update_fields=["translations"])
    rows = {}
    for language in ("en", "zh-hans"):
        text = keeper.get(page_of(appeal), headers={"accept-language": language}).content.decode()
        rows[language] = re.sub("<pre.*?</pre>", "", text, flags=re.S)
    assert "It buys quilts." in rows["en"] and "It buys quilts." not in rows["zh-hans"]


def test_what_made_a_gift_wait_is_said_in_words(keeper: Client, settings) -> None:
    settings.UNDO_MINUTES = 0
    gift = give(factories.Village().need)
    hold(
        donation=gift.public_id, reason=ReviewReason.CARD_TESTING, seen={"failures": 6}, actor="t", at=MONDAY
    )
    pay(gift)
    for address in (list_of(Review), page_of(Review.objects.get())):
        text = keeper.get(address, headers={"accept-language": "zh-hans"}).content.decode()
        assert "6次付款失败" in text and "failures" not in text


def test_passwords_are_changed_in_the_house(keeper: Client) -> None:
    assert keeper.get("/office/password_change/")["Location"] == reverse("account_change_password")


def test_the_menu_has_the_languages_of_the_house(keeper: Client) -> None:
    text = keeper.get("/office/").content.decode()
    assert text.count(f'action="{reverse("look:choose")}"') == 3


def test_prices_of_an_offer_are_typed_in_yuan(keeper: Client) -> None:
    village = factories.Village()
    assert Offer.objects.count() == 1
    assert "（元）" in keeper.get(add_to(Offer), headers={"accept-language": "zh-hans"}).content.decode()
    assert "¥68.00" in keeper.get(page_of(village.offer)).content.decode()


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "还登录着"), ("en", "still signed in")])
def test_who_leaves_is_told_that_the_site_stays_open(keeper: Client, language: str, said: str) -> None:
    text = keeper.post("/office/logout/", headers={"accept-language": language}).content.decode()
    assert said in text and "quality time" not in text


def test_a_charity_is_reached_by_what_is_typed_in_parts(keeper: Client) -> None:
    charity = factories.charity("慈善会")
    form = {
        "organisation": charity.organisation_id, "certificate_no": "", "certificate_until": "", "mode": "charity_site",
        "checked_at_0": "", "checked_at_1": "", "contact_phone": "0859-000-0000", "contact_desk": "项目部",
        "contact_hours_zh-Hans": "", "contact_hours_zh-Hant": "", "contact_hours_en": "weekdays",
    }  # fmt: skip
    answer = keeper.post(page_of(charity), form, headers={"accept-language": "zh-hans"})
    assert "先写简体的。" in answer.content.decode()
    assert keeper.post(page_of(charity), form | {"contact_hours_zh-Hans": "工作日"}).status_code == 302
    charity.refresh_from_db()
    assert charity.contact == {
        "phone": "0859-000-0000",
        "desk": "项目部",
        "hours": {"zh-Hans": "工作日", "en": "weekdays"},
    }
    assert "<textarea" not in keeper.get(page_of(charity)).content.decode()


def test_the_first_page_says_which_gifts_wait_for_a_person(keeper: Client, settings) -> None:
    settings.UNDO_MINUTES = 0
    gift = give(factories.Village().need)
    hold(donation=gift.public_id, reason=ReviewReason.PACE, seen={"seconds": 9}, actor="t", at=MONDAY)
    chinese = {"accept-language": "zh-hans"}
    assert "等人看过" not in keeper.get("/office/", headers=chinese).content.decode(), "not paid"
    pay(gift)
    text = keeper.get("/office/", headers=chinese).content.decode()
    assert f'<a href="{list_of(Review)}">有1笔捐赠等人看过。</a>' in text
    assert "1 gift waits" in keeper.get("/office/", headers={"accept-language": "en"}).content.decode()
    keeper.post(list_of(Review), {"action": "release", "_selected_action": [Review.objects.get().pk]})
    assert "等人看过" not in keeper.get("/office/", headers=chinese).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_closures_at_the_same_moment_the_second_is_said_not_a_fault(keeper: Client) -> None:
    """Both forms are good when they are looked at; the second waits until the first is committed."""
    site = factories.Village().recipient.site
    begin, end = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC)
    form = {
        "site": site.pk, "during_0": "2026-12-01 8:00", "during_1": "2026-12-03 8:00", "kind": "exam",
        "source": "school", "reported_at_0": "2026-12-01", "reported_at_1": "08:00",
    }  # fmt: skip
    answers: list[Any] = []

    def save() -> None:
        answers.append(keeper.post(add_to(Closure), form, headers={"accept-language": "zh-hans"}))
        connections.close_all()

    with transaction.atomic():
        Closure.objects.create(site=site, during=(begin, end), kind="exam", source="x", reported_at=begin)
        second = threading.Thread(target=save)
        second.start()
        second.join(timeout=1)
        assert second.is_alive()
    second.join()
    assert answers[0].status_code == 200 and "重叠" in answers[0].content.decode()
    assert Closure.objects.count() == 1
