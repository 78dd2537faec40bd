"""The two key pairs of an installation's sandbox: the merchant's and the gateway's."""

import base64
import contextlib
import hashlib
import os
import secrets
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

MERCHANT, GATEWAY = "merchant", "gateway"


@cache
def private_key(side: str) -> Ed25519PrivateKey:
    """The private key of one side, derived from this installation's seed."""
    seed = settings.SANDBOX_SEED or _seed()
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{side}:{seed}".encode()).digest())


def _seed() -> str:
    """Made once per installation, whole or not at all: processes and threads may ask at the same moment."""
    path = settings.VAR_DIR / "sandbox_seed"
    if not path.exists():
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"sandbox_seed.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):  # the other process was first; its seed counts
            os.link(draft, path)
        draft.unlink()
    return str(path.read_text())


def sign(side: str, message: bytes) -> str:
    """Base64 signature of `message` by one side's key."""
    return base64.urlsafe_b64encode(private_key(side).sign(message)).decode()


def is_signed(side: str, message: bytes, signature: str) -> bool:
    """Whether `signature` over `message` was made by that side's key."""
    try:
        private_key(side).public_key().verify(base64.urlsafe_b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
