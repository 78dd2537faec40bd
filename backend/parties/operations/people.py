"""Users and the seats they hold."""

from datetime import datetime

from django.db import IntegrityError, transaction

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts
from backend.parties.models import Membership, Organisation, Person, User
from backend.parties.rules import Role


class MailTaken(Conflicts):
    """Somebody signs in with this address already."""

    code = "mail_taken"


@own_transaction
def add_user(
    *,
    name: str,
    actor: str,
    at: datetime,
    mail: str | None = None,
    staff: bool = False,
    public_id: str = "",
) -> User:
    """Own transaction. Add somebody who can sign in by link; they may set a password themselves.

    Raises MailTaken.
    """
    if mail and Person.objects.filter(mail=mail).exists():
        raise MailTaken(pointer="/mail")
    user = User.objects.create_user(public_id=public_id, is_staff=staff, is_superuser=staff)
    Person.objects.create(user=user, name=name, mail=mail)
    record(
        kind=Kind.USER_ADDED,
        subject=f"user:{user.public_id}",
        actor=actor,
        at=at,
        public={"staff": staff},
        private={"name": name, "mail": mail or ""},
    )
    return user


@own_transaction
def give_seat(*, user: User, organisation: Organisation, role: Role, actor: str, at: datetime) -> Membership:
    """Own transaction. Let `user` act for `organisation`; giving the same seat again changes nothing."""
    seat, fresh = Membership.objects.get_or_create(user=user, organisation=organisation, role=role.value)
    if fresh:
        record(
            kind=Kind.SEAT_GIVEN,
            subject=f"user:{user.public_id}",
            actor=actor,
            at=at,
            public={"organisation": organisation.public_id, "role": role.value},
        )
    return seat


def introduce(*, user_id: int, name: str = "", mail: str | None = None, phone: str | None = None) -> Person:
    """Own transaction. Keep what a user says of themselves; saying it again replaces it.

    Raises MailTaken when the address belongs to somebody else.
    """
    said = {"name": name.strip(), "mail": mail or None, "phone": phone or None}
    try:
        with transaction.atomic():
            person, _ = Person.objects.update_or_create(user_id=user_id, defaults=said)
    except IntegrityError as taken:
        raise MailTaken(pointer="/mail") from taken
    return person
