"""The signed link to a gift's page. It ends when the gift's link_version is raised."""

from django.core import signing

from backend.kernel.signing import signer

SALT = "zhisong.gift"


def gift_token(*, donation: str, link_version: int) -> str:
    """A token for the gift `donation` (public id), good as long as its link_version stays."""
    return signer(SALT).sign(f"{donation}.{link_version}").replace(":", ".")


def read_gift_token(token: str) -> tuple[str, int] | None:
    """(public id, link_version) that a token was made for; None when it is not one of ours."""
    body, _, signature = token.rpartition(".")
    try:
        donation, _, version = signer(SALT).unsign(f"{body}:{signature}").rpartition(".")
    except signing.BadSignature:
        return None
    return (donation, int(version)) if version.isdigit() else None
