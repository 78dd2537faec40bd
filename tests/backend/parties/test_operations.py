"""Ms Cen registers who takes part."""

from typing import Any

import pytest

from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.kernel.errors import Malformed, Missing
from backend.parties import operations, tokens
from backend.parties.models import Access, ApiKey, Membership, Organisation, Person, Site
from backend.parties.queries import access_rules
from backend.parties.rules import Realm, Role, Scope, SiteKind, VehicleClass
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db
CEN = "user:usr_cen"
NAMES = {"zh-Hans": "示范小学（者贵村）", "en": "Demonstration school"}


def gate(**changes: Any) -> operations.NewSite:
    values: dict[str, Any] = {
        "names": NAMES,
        "kind": SiteKind.SCHOOL,
        "township_code": "522328002000",
        "township": "栖凤街道",
        "county_code": "522328",
        "lon": 105.418,
        "lat": 24.947,
        "hours": [[(480, 700)]] * 5 + [[], []],
        **changes,
    }
    return operations.NewSite(**values)


def school(**changes: Any) -> Any:
    return operations.register_recipient(
        names=NAMES, people=120, gate=gate(**changes), actor=CEN, at=MONDAY, public_id="org_zhegui"
    )


def test_a_school_is_registered_with_its_gate() -> None:
    row = school()
    assert (row.people, row.organisation.public_id, row.site.lon) == (120, "org_zhegui", 105.418)
    entry = Entry.objects.get(kind=Kind.PARTY_REGISTERED.value)
    assert (entry.subject, entry.actor) == ("organisation:org_zhegui", CEN)


def test_hours_of_five_days_are_not_a_week() -> None:
    with pytest.raises(Malformed):
        school(hours=[[(480, 700)]] * 5)
    assert not Organisation.objects.exists() and not Site.objects.exists() and not Entry.objects.exists()


@pytest.mark.parametrize(
    ("largest", "rules"),
    [
        (VehicleClass.TRUCK_52, []),
        (VehicleClass.TRUCK_42, [("closed", "truck_52")]),
        (VehicleClass.MICROVAN, [("small_only", "")]),
    ],
)
def test_the_largest_vehicle_becomes_rules(largest: VehicleClass, rules: list[tuple[str, str]]) -> None:
    site = school(largest_vehicle=largest).site
    assert access_rules(site_ids=[site.pk], at=MONDAY).get(site.pk, []) == rules


def test_a_new_limit_replaces_the_old() -> None:
    site = school(largest_vehicle=VehicleClass.TRUCK_42).site
    operations.limit_access(site=site, largest=VehicleClass.MICROVAN, source="road", actor=CEN, at=MONDAY)
    assert [(a.kind, a.source) for a in Access.objects.filter(site=site)] == [("small_only", "road")]


def test_an_address_signs_in_one_person() -> None:
    operations.add_user(name="阿明", mail="aming@example.org", actor=CEN, at=MONDAY)
    with pytest.raises(operations.MailTaken):
        operations.add_user(name="别人", mail="aming@example.org", actor=CEN, at=MONDAY)
    assert Person.objects.count() == 1
    entry = Entry.objects.get(kind=Kind.USER_ADDED.value)
    assert "阿明" not in str(entry.public) and entry.private["name"] == "阿明"


def test_a_seat_given_twice_is_one_seat_and_one_fact() -> None:
    body = school().organisation
    wei = operations.add_user(name="韦老师", actor=CEN, at=MONDAY)
    for _ in range(2):
        operations.give_seat(user=wei, organisation=body, role=Role.KEEPER, actor=CEN, at=MONDAY)
    assert Membership.objects.count() == 1 and Entry.objects.filter(kind=Kind.SEAT_GIVEN.value).count() == 1


def test_a_key_is_stored_as_a_digest_and_can_be_taken_back() -> None:
    body = operations.register_supplier(
        names=NAMES, answer_hours=24, realm=Realm.TEST, actor=CEN, at=MONDAY
    ).organisation
    key = operations.mint_key(organisation=body, scopes=[Scope.ORDERS_READ], actor=CEN, at=MONDAY)
    row = ApiKey.objects.get(prefix=tokens.prefix_of(key.text))
    assert tokens.matches(key.text, row.digest) and row.scopes == ["orders:read"]
    assert key.text not in str(list(Entry.objects.values_list("public", "private")))
    operations.revoke_key(prefix=key.prefix, actor=CEN, at=later(hours=1))
    operations.revoke_key(prefix=key.prefix, actor=CEN, at=later(hours=2))
    assert ApiKey.objects.get().revoked_at == later(hours=1)
    assert Entry.objects.filter(kind=Kind.KEY_REVOKED.value).count() == 1
    with pytest.raises(Missing):
        operations.revoke_key(prefix="zs_test_nobody", actor=CEN, at=MONDAY)
