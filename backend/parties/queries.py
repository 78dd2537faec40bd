"""Who somebody is here, and where things are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from backend.parties.models import Access, Closure, Membership, Organisation, Person, User
from backend.parties.rules import Role


@dataclass(frozen=True)
class Seat:
    """One person's place in one organisation: what a door needs to know of who came in."""

    user_id: int
    user_label: str
    organisation_id: int
    organisation: str
    names: dict[str, str]
    role: Role
    realm: str

    @property
    def actor(self) -> str:
        """The label that the journal keeps."""
        return self.user_label


def _seat(row: Membership) -> Seat:
    return Seat(
        row.user_id,
        f"user:{row.user.public_id}",
        row.organisation_id,
        row.organisation.public_id,
        row.organisation.names,
        Role(row.role),
        row.organisation.realm,
    )


def seats(*, user_id: int, roles: Collection[Role] = ()) -> list[Seat]:
    """Every seat of a user, in a stable order; only those with one of `roles` when given."""
    rows = Membership.objects.filter(user_id=user_id, user__is_active=True)
    if roles:
        rows = rows.filter(role__in=[role.value for role in roles])
    return [_seat(row) for row in rows.select_related("user", "organisation").order_by("pk")]


def person_name(*, user_id: int) -> str:
    """The name a person gave; empty when none was given or it was erased."""
    return Person.objects.filter(user_id=user_id).values_list("name", flat=True).first() or ""


def person_mail(*, user_id: int) -> str:
    """The address a person gave; empty when none was given or it was erased."""
    return Person.objects.filter(user_id=user_id).values_list("mail", flat=True).first() or ""


def organisation_names(*, organisation_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Names by language of each organisation."""
    return dict(Organisation.objects.filter(pk__in=organisation_ids).values_list("pk", "names"))


def closed_sites(*, site_ids: Collection[int], frm: datetime, to: datetime) -> set[int]:
    """Those of `site_ids` where nobody is there at some time in [frm, to)."""
    rows = Closure.objects.filter(site_id__in=site_ids, during__overlap=(frm, to))
    return set(rows.values_list("site_id", flat=True))


def closures_from(*, site_id: int, at: datetime) -> list[tuple[datetime, datetime]]:
    """When a site is closed, now or later, and opens again: (from, to) in order of time."""
    rows = Closure.objects.filter(site_id=site_id, during__startswith__isnull=False, during__endswith__gt=at)
    rows = rows.order_by("during")
    return [(during.lower, during.upper) for during in rows.values_list("during", flat=True)]


def access_rules(*, site_ids: Collection[int], at: datetime) -> dict[int, list[tuple[str, str]]]:
    """(kind, vehicle class or '' for every class) of each site's access rules in force at `at`."""
    rows = Access.objects.filter(site_id__in=site_ids)
    rows = rows.filter(Q(during__isnull=True) | Q(during__contains=at)).order_by("pk")
    rules: dict[int, list[tuple[str, str]]] = {}
    for site_id, kind, vehicle_class in rows.values_list("site_id", "kind", "vehicle_class"):
        rules.setdefault(site_id, []).append((kind, vehicle_class))
    return rules


def users_with_role(*, role: Role) -> list[Seat]:
    """Every seat of one role, oldest first."""
    rows = Membership.objects.filter(role=role.value, user__is_active=True)
    return [_seat(row) for row in rows.select_related("user", "organisation").order_by("pk")]


def user_by_public_id(*, public_id: str) -> User | None:
    """The active user of that id."""
    return User.objects.filter(public_id=public_id, is_active=True).first()


def first_donor() -> User | None:
    """The oldest active user who holds no seat: a donor."""
    donors = User.objects.filter(memberships__isnull=True, is_active=True, is_staff=False)
    return donors.order_by("pk").first()


def is_registered(*, organisation: str) -> bool:
    """Whether an organisation has this public id."""
    return Organisation.objects.filter(public_id=organisation).exists()
