"""Who takes part and where they are: registered, seated, placed, given keys."""

from backend.parties.operations.keys import BadKey, KeyHolder, mint_key, revoke_key, use_key
from backend.parties.operations.organisations import (
    register_carrier,
    register_charity,
    register_recipient,
    register_supplier,
)
from backend.parties.operations.people import MailTaken, add_user, give_seat, introduce
from backend.parties.operations.sites import NewSite, add_site, limit_access

__all__ = [
    "BadKey",
    "KeyHolder",
    "MailTaken",
    "NewSite",
    "add_site",
    "add_user",
    "give_seat",
    "introduce",
    "limit_access",
    "mint_key",
    "register_carrier",
    "register_charity",
    "register_recipient",
    "register_supplier",
    "revoke_key",
    "use_key",
]
