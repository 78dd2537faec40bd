"""Where somebody is led after signing in: the door of their work."""

from django.contrib.auth.base_user import AbstractBaseUser

from backend.parties.queries import person_mail, person_name, seats
from backend.parties.rules import Role

DOORS = {
    Role.DESK: "/desk/",
    Role.DISPATCH: "/dispatch/",
    Role.COURIER: "/courier/",
    Role.KEEPER: "/count/",
    Role.OFFICER: "/office/",
}


def landing(user_id: int, *, is_staff: bool) -> str:
    """The first door that a user's seats open; donors come to the shop."""
    doors = [DOORS[seat.role] for seat in seats(user_id=user_id) if seat.role in DOORS]
    return doors[0] if doors else "/office/" if is_staff else "/"


def shown_name(user: AbstractBaseUser) -> str:
    """What to call somebody: their name, else their mail, else their public id."""
    return person_name(user_id=user.pk) or person_mail(user_id=user.pk) or str(user)
