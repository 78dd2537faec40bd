"""API keys: how they look, and how one is checked without keeping it.

`zs_test_1a2b3c4d_<26 letters><6 letters>`: realm, a public handle, 128 random bits, a checksum. Letters are
Crockford's base 32. The realm and the handle are the prefix by which a key is found; only the SHA-256 of the
whole key is stored.
"""

import hashlib
import hmac
import secrets
import zlib
from dataclasses import dataclass, field

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
HANDLE, SECRET, CHECKSUM = 8, 26, 6


@dataclass(frozen=True)
class Minted:
    """A new key: `text` is shown once, `prefix` and `digest` are kept."""

    text: str = field(repr=False)
    prefix: str
    digest: bytes


class NotAKey(ValueError):
    """The text is not a key: mistyped, cut off, or something else."""


def _letters(number: int, length: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (length - 1), -1, -5))


def _checksum(body: str) -> str:
    return _letters(zlib.crc32(body.encode()), CHECKSUM)


def digest_of(text: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(text.encode()).digest()


def mint(*, realm: str, entropy: bytes = b"") -> Minted:
    """Make a key for `realm` (live or test) from 24 bytes of `entropy`, random when none is given."""
    number = int.from_bytes(hashlib.sha512(entropy or secrets.token_bytes(32)).digest())
    handle = _letters(number >> 5 * SECRET, HANDLE)
    body = f"zs_{realm}_{handle}_{_letters(number, SECRET)}"
    text = body + _checksum(body)
    return Minted(text, prefix_of(text), digest_of(text))


def prefix_of(text: str) -> str:
    """The part of a key by which it is found. Raises NotAKey when the checksum does not fit."""
    parts = text.split("_")
    if len(parts) != 4 or parts[0] != "zs" or len(parts[3]) != SECRET + CHECKSUM:
        raise NotAKey("a key looks like zs_test_1a2b3c4d_…")
    body, checksum = text[:-CHECKSUM], text[-CHECKSUM:]
    if not hmac.compare_digest(_checksum(body).encode(), checksum.encode()):
        raise NotAKey("the key is mistyped or cut off: its checksum does not fit")
    return "_".join(parts[:3])


def matches(text: str, digest: bytes) -> bool:
    """Whether `text` is the key whose digest was kept."""
    return hmac.compare_digest(digest_of(text), bytes(digest))
