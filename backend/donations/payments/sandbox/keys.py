"""The two keys of an installation's sandbox: a secret that merchant and gateway share, the gateway's key pair.

A merchant signs an order for every gift, so its signature is a quick one (HMAC, as several gateways have it);
the gateway signs notices, and anybody may check those with its public key.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from backend.kernel.signing import hmac_sha256

MERCHANT, GATEWAY = "merchant", "gateway"


@cache
def _secret(side: str) -> bytes:
    """One side's secret, derived from this installation's seed."""
    seed = settings.SANDBOX_SEED or _seed()
    return hashlib.sha256(f"{side}:{seed}".encode()).digest()


@cache
def private_key() -> Ed25519PrivateKey:
    """The gateway's private key."""
    return Ed25519PrivateKey.from_private_bytes(_secret(GATEWAY))


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
    merchant = side == MERCHANT
    signature = hmac_sha256(_secret(MERCHANT), message) if merchant else private_key().sign(message)
    return base64.urlsafe_b64encode(signature).decode()


def is_signed(side: str, message: bytes, signature: str) -> bool:
    """Whether `signature` over `message` was made by that side's key."""
    if side == MERCHANT:
        return hmac.compare_digest(sign(side, message).encode(), signature.encode())
    try:
        private_key().public_key().verify(base64.urlsafe_b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
