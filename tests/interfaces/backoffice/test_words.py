"""The office speaks the reader's language: heads, codes, money, clocks, and what unfold says itself."""

import re
from datetime import datetime
from pathlib import Path

import polib
import pytest
import unfold
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from backend.interfaces.backoffice import unfold_words
from backend.interfaces.backoffice.columns import COLUMNS, label
from backend.interfaces.backoffice.names import TABLES
from backend.interfaces.backoffice.site import office
from backend.interfaces.backoffice.words import CODES
from backend.interfaces.look import catalogues
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.ledger.models import Account, Transfer
from tests import factories
from tests.cast import MONDAY
from tests.interfaces.backoffice.conftest import MODEL, staff

pytestmark = pytest.mark.django_db
MODELS = sorted(office._registry, key=lambda model: model.__name__)
CHINESE = {"accept-language": "zh-hans"}
ENGLISH = {"accept-language": "en"}
HEAD = re.compile(r"<th[^>]*column-[^>]*>(.*?)</th>", re.S)
LABEL = re.compile(r"<label[^>]*>(.*?)</label>", re.S)
TAGS = re.compile(r"<span class=\"material-symbols[^>]*>.*?</span>|<[^>]+>", re.S)


def list_of(model: type) -> str:
    return reverse(f"office:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: object) -> str:
    return reverse(f"office:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def bare(html: str) -> str:
    return " ".join(TAGS.sub(" ", html).split())


def transfer(number: int) -> Transfer:
    """A payment for goods in the books, with accounts and a supplier of its own."""
    charity, seller = factories.charity(f"慈善会{number}"), factories.supplier(f"供应商{number}")
    entry = own_transaction(record)(kind=Kind.DROP_CONFIRMED, subject=f"drop:{number}", actor="t", at=MONDAY)
    gifts = Account.objects.create(charity=charity, kind="gifts")
    payable = Account.objects.create(charity=charity, kind="payable", owner=seller.organisation)
    return Transfer.objects.create(
        debit=gifts, credit=payable, amount=8_620, kind="goods_counted", entry=entry, happened_at=MONDAY
    )


def world(number: int = 1) -> None:
    """One row more in every table that staff look at, but plans and reviews."""
    factories.Village()
    transfer(number)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_column_has_words(model: type) -> None:
    fields = [field.name for field in model._meta.fields if field.name != "id"]
    assert [name for name in fields if label(model, name) is None] == []


def test_no_word_is_left_over() -> None:
    names = {field.name for model in MODELS for field in model._meta.fields}
    assert {name.split(".")[-1] for name in (*COLUMNS, *CODES)} <= names


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_chinese_office_has_no_english_head_filter_or_label(keeper: Client, model: type) -> None:
    world()
    page = keeper.get(list_of(model), headers=CHINESE).content.decode()
    row = model._default_manager.first()
    form = keeper.get(page_of(row), headers=CHINESE).content.decode() if row else ""
    said = [bare(found) for found in (*HEAD.findall(page), *LABEL.findall(form))]
    said += [bare(found) for found in re.findall(r"<h3[^>]*>(.*?)</h3>", page, re.S)]
    said += [bare(found) for found in re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.S)]
    assert [text for text in said if re.search("[a-z]{3}", text)] == []
    assert row is None or LABEL.findall(form), "the page of a row was drawn"


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant"])
def test_unfolds_own_words_are_translated(language: str) -> None:
    """What the installed unfold says (its parts that we do not install aside) is in ours or in Django's."""
    home = Path(unfold.__file__).parent
    unused = ("contrib/", "templates/unfold_crispy/")
    ours = Path(unfold_words.__file__).parent / "locale"
    catalogue = catalogues.open_catalogue(ours, language)
    known = {entry.msgid for entry in catalogue if entry.translated()}
    django = trans_real.translation(language.replace("_", "-").lower())
    missing = []
    for message in catalogues.messages(home, set()):
        if message.path.startswith(unused) or message.text in known:
            continue
        if not message.plural and django.gettext(message.text) != message.text:
            continue
        if message.plural and django.ngettext(message.text, message.plural, 2) != message.plural:
            continue
        missing.append(message.text)
    assert missing == []


def test_both_kinds_of_chinese_translate_the_same_words_of_unfold() -> None:
    home = Path(unfold_words.__file__).parent / "locale"
    simplified, traditional = (
        {entry.msgid for entry in catalogues.open_catalogue(home, language) if entry.translated()}
        for language in ("zh_Hans", "zh_Hant")
    )
    assert simplified == traditional and "Type to search" in simplified


def test_the_catalogues_of_unfold_agree_on_their_placeholders() -> None:
    for path in (Path(unfold_words.__file__).parent / "locale").glob("*/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)):
            forms = list(entry.msgstr_plural.values()) or [entry.msgstr]
            assert all(
                set(re.findall(r"%\(\w+\)s", form)) == set(re.findall(r"%\(\w+\)s", entry.msgid))
                for form in forms
            )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_asks_the_same_number_of_questions_at_any_length(keeper: Client, model: type) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert keeper.get(list_of(model), headers=CHINESE).status_code == 200
        return len(queries)

    world(1)
    few = asked()
    for number in range(2, 6):
        world(number)
    assert asked() == few


def test_money_is_yuan_and_accounts_say_whose_they_are(keeper: Client) -> None:
    row = transfer(1)
    for address in (list_of(Transfer), page_of(row)):
        text = bare(keeper.get(address, headers=CHINESE).content.decode())
        assert "¥86.20" in text and "8620" not in text.replace("¥86.20", "")
        assert "应付 · 供应商1" in text and "捐款 · 慈善会1" in text and "点清付货款" in text
        assert "object (" not in text


def test_no_head_of_a_page_is_a_row_number(keeper: Client) -> None:
    world()
    for model in MODELS:
        if (row := model._default_manager.first()) is not None:
            assert "object (" not in keeper.get(page_of(row), headers=ENGLISH).content.decode(), model


def test_a_tariff_is_typed_in_yuan_and_kept_in_fen(keeper: Client) -> None:
    lane = factories.Village().lane
    form = {
        "warehouse": lane.warehouse_id, "carrier": "", "to_division": lane.to_division,
        "days_min": lane.days_min, "days_max": lane.days_max, "base_price": "86.20", "kg_price": "0.5", "minimum_amount": "0",
        "during_0": "", "during_1": "",
    }  # fmt: skip
    answer = keeper.post(page_of(lane), form, headers=CHINESE, follow=True)
    lane.refresh_from_db()
    assert (lane.base_price, lane.kg_price) == (8_620, 50)
    assert "object (" not in answer.content.decode(), "the message names the row"
    entry = Entry.objects.get(kind=Kind.STAFF_CHANGED)
    assert entry.public["fields"] == ["base_price", "kg_price"]


def test_clocks_are_those_of_the_house(keeper: Client) -> None:
    own_transaction(record)(
        kind=Kind.GIFT_PLACED, subject="gift:1", actor="t", at=datetime.fromisoformat("2026-11-24T06:36:00Z")
    )
    text = keeper.get(list_of(Entry), headers=ENGLISH).content.decode()
    assert "24 Nov 2026 14:36" in text and "p.m." not in text


def test_who_sits_here_is_said_by_name(keeper: Client) -> None:
    text = keeper.get("/office/", headers=CHINESE).content.decode()
    assert "小龙" in text and "usr_" not in text


def test_english_tables_are_all_in_the_plural() -> None:
    with translation.override("en"):
        many = {name: str(words[1]) for name, words in TABLES.items()}
    assert [
        word for name, word in many.items() if name not in {"Stock", "Access", "Review"} and word[-1] != "s"
    ] == []


def test_the_way_in_is_nobodys_copy(client: Client, settings) -> None:
    settings.DEMO = True
    client.force_login(staff(), backend=MODEL)
    text = client.get("/office/login/", headers=CHINESE).content.decode()
    assert "捐赠人留存" not in text and 'class="plies"' not in text
