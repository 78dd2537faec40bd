"""The county is loaded once; whoever loads it again changes nothing."""

import io
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from backend.catalogue.models import Item, Lane, Offer, Stock
from backend.deliveries.models import Vehicle
from backend.donations.models import PaymentAccount
from backend.interfaces.accounts.demo import links
from backend.interfaces.jobs.demo.county import load
from backend.journal.models import Entry
from backend.needs.models import Appeal, NeedLine
from backend.notices.queries import members
from backend.parties import tokens
from backend.parties.models import (
    ApiKey,
    Charity,
    Membership,
    Organisation,
    Person,
    Recipient,
    Site,
    Supplier,
)
from backend.parties.rules import Role
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


def census() -> dict[str, int]:
    ours = [model for model in apps.get_models() if model.__module__.startswith("backend.")]
    return {model._meta.label: model._default_manager.count() for model in ours}


def run() -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def test_the_whole_county_is_there() -> None:
    loaded = load(at=MONDAY)
    assert (loaded.recipients, loaded.suppliers, loaded.items, loaded.appeals) == (40, 8, 300, 60)
    assert (Recipient.objects.count(), Supplier.objects.count(), Item.objects.count()) == (40, 8, 300)
    assert Offer.objects.count() == Stock.objects.count() > 900 and Lane.objects.count() > 10
    assert NeedLine.objects.count() > 300 and Vehicle.objects.count() == 10
    assert PaymentAccount.objects.get().gateway == "sandbox"
    assert set(Appeal.objects.values_list("state", flat=True)) == {"live"}


def test_a_second_run_changes_nothing() -> None:
    load(at=MONDAY)
    before, entries = census(), Entry.objects.order_by("-pk").first()
    assert load(at=later(days=1)).items == 0
    assert census() == before and Entry.objects.order_by("-pk").first() == entries


def test_half_a_county_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.interfaces.jobs.demo import appeals

    def fail(*args: Any, **kwargs: Any) -> int:
        raise RuntimeError("power cut")

    monkeypatch.setattr(appeals, "build", fail)
    with pytest.raises(RuntimeError):
        load(at=MONDAY)
    assert not Organisation.objects.exists() and not Item.objects.exists()


def test_there_is_one_person_for_each_role_and_none_is_real() -> None:
    load(at=MONDAY)
    assert set(Membership.objects.values_list("role", flat=True)) == {r.value for r in Role} - {"owner"}
    for person in Person.objects.all():
        assert person.name.endswith("（演示）") and str(person.mail).endswith("@zhisong.invalid")
    assert Charity.objects.get().certificate_until > MONDAY.date()


def test_every_recipient_has_a_keeper_whose_letters_go_out(settings) -> None:
    settings.DEMO = True
    load(at=MONDAY)
    for recipient in Recipient.objects.select_related("organisation"):
        ref = recipient.organisation.public_id
        assert members(organisation=ref, roles=(Role.KEEPER,)).mails, recipient.organisation.names["zh-Hans"]
    (wei,) = [link for link in links() if link.role == Role.KEEPER.value]
    assert wei.name == "韦老师（演示）"


def test_the_printed_keys_open_and_are_not_stored() -> None:
    printed = [line.split("\t")[1] for line in run().splitlines() if "\t" in line]
    assert len(printed) == 8
    for text in printed:
        assert tokens.matches(text, ApiKey.objects.get(prefix=tokens.prefix_of(text)).digest)
        assert text.startswith("zs_test_")
    again = run()
    assert "什么也没改" in again and all(text in again for text in printed)


def test_places_lie_where_the_cut_says() -> None:
    load(at=MONDAY)
    gate = Recipient.objects.get(organisation__names__en="Demonstration primary school (Zhegui)").site
    assert (gate.lon, gate.lat, gate.township) == (105.418, 24.947175, "栖凤街道")
    assert [a.kind for a in gate.accesses.all()] == ["small_only"]
    assert Site.objects.filter(kind="warehouse").count() == 8 and Site.objects.filter(kind="hub").count() == 3
