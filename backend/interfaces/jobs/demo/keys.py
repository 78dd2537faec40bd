"""The suppliers' API keys of a demonstration: made from this installation's secret, so that they can be shown
again at every start without being stored."""

import hashlib
import hmac

from django.conf import settings

from backend.interfaces.jobs.demo.cut import tree
from backend.parties import tokens

REALM = "test"


def entropy(code: str) -> bytes:
    """32 bytes for supplier `code`, known only to whoever knows SECRET_KEY."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"demo-key/{code}".encode(), hashlib.sha256)


def demo_keys() -> dict[str, str]:
    """The key of each demo supplier, by its name."""
    return {
        supplier["names"]["zh-Hans"]: tokens.mint(realm=REALM, entropy=entropy(supplier["code"])).text
        for supplier in tree("suppliers/suppliers.json")["suppliers"]
    }
