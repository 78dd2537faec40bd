"""Bodies that act. A `public_id` is given by those who import: a second import finds the row by it."""

from datetime import date, datetime
from typing import Any

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.parties.models import Carrier, Charity, Organisation, Recipient, Supplier
from backend.parties.operations.sites import NewSite, insert_site
from backend.parties.rules import Mode, Realm


def _organisation(
    names: dict[str, str], realm: Realm, public_id: str, role: str, actor: str, at: datetime
) -> Organisation:
    row = Organisation.objects.create(names=names, realm=realm.value, public_id=public_id)
    record(
        kind=Kind.PARTY_REGISTERED,
        subject=f"organisation:{row.public_id}",
        actor=actor,
        at=at,
        public={"role": role, "realm": realm.value, "names": names},
    )
    return row


@own_transaction
def register_charity(
    *,
    names: dict[str, str],
    certificate_no: str,
    certificate_until: date,
    contact: dict[str, Any],
    actor: str,
    at: datetime,
    mode: Mode = Mode.CHARITY_SITE,
    realm: Realm = Realm.LIVE,
    public_id: str = "",
) -> Charity:
    """Own transaction. Register a charity whose public-fundraising certificate was checked just now."""
    body = _organisation(names, realm, public_id, "charity", actor, at)
    return Charity.objects.create(
        organisation=body,
        certificate_no=certificate_no,
        certificate_until=certificate_until,
        checked_at=at,
        mode=mode.value,
        contact=contact,
    )


@own_transaction
def register_supplier(
    *,
    names: dict[str, str],
    answer_hours: int,
    actor: str,
    at: datetime,
    realm: Realm = Realm.LIVE,
    public_id: str = "",
) -> Supplier:
    """Own transaction. Register a verified supplier that answers an order within `answer_hours`."""
    body = _organisation(names, realm, public_id, "supplier", actor, at)
    return Supplier.objects.create(organisation=body, verified_at=at, answer_hours=answer_hours)


@own_transaction
def register_carrier(
    *,
    names: dict[str, str],
    own_fleet: bool,
    actor: str,
    at: datetime,
    realm: Realm = Realm.LIVE,
    public_id: str = "",
) -> Carrier:
    """Own transaction. Register a verified carrier, with vehicles that we plan or only with a tariff."""
    body = _organisation(names, realm, public_id, "carrier", actor, at)
    return Carrier.objects.create(organisation=body, verified_at=at, own_fleet=own_fleet)


@own_transaction
def register_recipient(
    *,
    names: dict[str, str],
    people: int,
    gate: NewSite,
    actor: str,
    at: datetime,
    realm: Realm = Realm.LIVE,
    public_id: str = "",
) -> Recipient:
    """Own transaction. Register a verified recipient of `people` heads with the gate where goods arrive.

    Raises Malformed when the gate's hours are not those of seven weekdays.
    """
    body = _organisation(names, realm, public_id, "recipient", actor, at)
    site = insert_site(body, gate, source=actor)
    return Recipient.objects.create(organisation=body, site=site, people=people, verified_at=at)
