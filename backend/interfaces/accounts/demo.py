"""Sign-in links for a demonstration: one per role, on this machine only.

They exist only with ZS_DEMO on (a system check ties that to the embedded services on loopback). Opening a
link changes nothing; the button on its page signs in.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backend.parties.queries import first_donor, person_name, user_by_public_id, users_with_role
from backend.parties.rules import Role

SALT = "zhisong.demo"
DAYS = 7
WORDS = {
    "donor": _("捐赠人"),
    Role.DESK.value: _("供应商"),
    Role.DISPATCH.value: _("调度"),
    Role.COURIER.value: _("司机"),
    Role.KEEPER.value: _("收货人"),
    Role.OFFICER.value: _("慈善组织"),
}


@dataclass(frozen=True)
class Link:
    role: str
    name: str
    organisation: str
    path: str


def _path(public_id: str, role: str) -> str:
    return reverse("demo_enter", args=[signing.dumps([public_id, role], salt=SALT, compress=True)])


def links() -> list[Link]:
    """One link per role, to the first person who holds it."""
    if not settings.DEMO:
        return []
    held = []
    for role in (Role.OFFICER, Role.DESK, Role.DISPATCH, Role.COURIER, Role.KEEPER):
        for seat in users_with_role(role=role)[:1]:
            public_id = seat.user_label.removeprefix("user:")
            name = person_name(user_id=seat.user_id)
            held.append(Link(role.value, name, seat.names["zh-Hans"], _path(public_id, role.value)))
    if (donor := first_donor()) is not None:
        held.insert(0, Link("donor", person_name(user_id=donor.pk), "", _path(donor.public_id, "donor")))
    return held


def who(token: str) -> tuple[Any, str]:
    """The user and role that a link names; 404 when it is broken, old, or this is no demonstration."""
    if not settings.DEMO:
        raise Http404
    try:
        public_id, role = signing.loads(token, salt=SALT, max_age=DAYS * 86_400)
    except (signing.BadSignature, ValueError) as broken:
        raise Http404 from broken
    if (user := user_by_public_id(public_id=public_id)) is None:
        raise Http404
    return user, role
