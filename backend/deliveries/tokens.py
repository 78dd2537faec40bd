"""The receiver's one-time code and the signed link of a drop.

The code stands in no table: the row keeps an HMAC of it, bound to its drop. The link names a drop and the version of
its link; raising the version ends every older print. Neither belongs on the courier's paper.
"""

import hashlib
import hmac
import secrets

from django.conf import settings
from django.core import signing

CODE_DIGITS = 6
_LINK_SALT = "deliveries.drop-link"


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_digest(drop_public_id: str, code: str) -> bytes:
    """HMAC-SHA256 of a code for one drop, under a key derived from the server's secret."""
    key = hashlib.sha256(b"deliveries.receiver-code:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, f"{drop_public_id}:{code}".encode(), hashlib.sha256).digest()


def code_matches(drop_public_id: str, code: str, digest: bytes | memoryview | None) -> bool:
    """Whether `code` is the one behind `digest`; spaces that people type are forgiven."""
    tidy = "".join(code.split())
    return digest is not None and hmac.compare_digest(code_digest(drop_public_id, tidy), bytes(digest))


def link_token(drop_public_id: str, version: int) -> str:
    """The signed token of a drop's link, for paths."""
    return signing.Signer(salt=_LINK_SALT, sep=".").sign(f"{drop_public_id}-{version}")


def read_link(token: str) -> tuple[str, int] | None:
    """(drop public id, link version) of a token that we signed; None for any other."""
    try:
        drop, version = signing.Signer(salt=_LINK_SALT, sep=".").unsign(token).rsplit("-", 1)
        return drop, int(version)
    except (signing.BadSignature, ValueError):
        return None
