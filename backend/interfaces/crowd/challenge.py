"""Asked of somebody whose address sends very much: is a person there? Never a refusal; thousands share one.

With a script the browser counts a little (a partial hash, well under a second); without one a person answers
in words. Either answer is good once, for a few minutes, and is remembered in a signed cookie.
"""

import hashlib
import itertools
import secrets
import threading
import time
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer, TimestampSigner

from backend.interfaces.crowd.valkey import Gone, valkey

COOKIE = "person"
GOOD_FOR, REMEMBERED = 600, 3600  # seconds
SOONEST = 2  # nobody reads and answers quicker
BITS = 14
_used: set[str] = set()
_lock = threading.Lock()


@dataclass(frozen=True)
class Puzzle:
    """`one` + `two` is asked in words; `token` is what a script counts with."""

    token: str
    one: int
    two: int
    bits: int = BITS


def puzzle(now: float | None = None) -> Puzzle:
    one, two = secrets.randbelow(8) + 2, secrets.randbelow(8) + 2
    issued = int(time.time() if now is None else now)
    token = Signer(salt="crowd.puzzle").sign(f"{secrets.token_urlsafe(9)}.{issued}.{one + two}")
    return Puzzle(token, one, two)


def is_solved(token: str, *, said: str, proof: str, now: float | None = None) -> bool:
    """Whether `said` (words) or `proof` (a script's number) answers the puzzle in `token`, for the first time."""
    now = time.time() if now is None else now
    try:
        nonce, issued, answer = Signer(salt="crowd.puzzle").unsign(token).split(".")
    except (BadSignature, ValueError):
        return False
    age = now - int(issued)
    proven = bool(proof) and len(proof) < 20 and _zeros(f"{token}:{proof}") >= BITS
    spoken = said.strip() == answer and age >= SOONEST
    return 0 <= age <= GOOD_FOR and (proven or spoken) and _first(nonce)


def counted(token: str) -> str:
    """The number that a visitor's script counts to for the puzzle in `token`."""
    return next(str(n) for n in itertools.count() if _zeros(f"{token}:{n}") >= BITS)


def _zeros(text: str) -> int:
    """Leading zero bits of the SHA-256 of `text`."""
    return 256 - int.from_bytes(hashlib.sha256(text.encode()).digest()).bit_length()


def _first(nonce: str) -> bool:
    try:
        key = valkey.key(f"puzzle:{nonce}")
        return bool(valkey.ask(lambda v: v.set(key, "1", nx=True, ex=GOOD_FOR)))
    except Gone:
        with _lock:
            if len(_used) > 100_000:
                _used.clear()
            fresh = nonce not in _used
            _used.add(nonce)
            return fresh


def remembered(visitor: str) -> str:
    """The cookie of a visitor who answered."""
    return TimestampSigner(salt="crowd.person").sign(hashlib.sha256(visitor.encode()).hexdigest()[:16])


def is_remembered(cookie: str, visitor: str) -> bool:
    """Whether this very visitor answered within the last hour."""
    try:
        said = TimestampSigner(salt="crowd.person").unsign(cookie, max_age=REMEMBERED)
    except BadSignature:
        return False
    return said == hashlib.sha256(visitor.encode()).hexdigest()[:16]
