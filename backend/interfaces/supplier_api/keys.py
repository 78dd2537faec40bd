"""Who comes with which key, what it may do, and how often."""

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from backend.interfaces.supplier_api.problems import TooManyRequests
from backend.kernel.errors import NotAllowed
from backend.parties.operations import BadKey, KeyHolder, use_key
from backend.parties.rules import Scope

log = logging.getLogger(__name__)
WINDOW = 60


class ScopeMissing(NotAllowed):
    """This key was not made for that."""

    code = "scope_missing"


@dataclass(frozen=True)
class Allowance:
    """How many requests a key has in a window of 60 s, and how many are left."""

    limit: int
    left: int
    resets_in: int


class Key(HttpBearer):
    """`Authorization: Bearer zs_live_…`; the key needs one scope."""

    openapi_scheme = "bearer"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        given = super().__call__(request)
        if given is None:
            raise BadKey("send your key as Authorization: Bearer zs_live_…")
        return given

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder:
        now = timezone.now()
        holder = use_key(text=token, at=now)
        allowance = _count(holder.prefix, int(now.timestamp()))
        request.allowance = allowance  # type: ignore[attr-defined]
        if allowance.left < 0:
            raise TooManyRequests
        if self.scope.value not in holder.scopes:
            raise ScopeMissing(f"this key lacks the scope {self.scope.value}")
        return holder


def _count(prefix: str, second: int) -> Allowance:
    """Count one request of a key. Without the counter nobody is refused: it only keeps order."""
    limit, place = settings.API_REQUESTS_PER_MINUTE, f"api:{prefix}:{second // WINDOW}"
    try:
        cache.add(place, 0, timeout=2 * WINDOW)
        used = cache.incr(place)
    except (RedisError, ValueError):
        log.exception("requests of %s are not counted", prefix)
        used = 1
    return Allowance(limit, limit - used, WINDOW - second % WINDOW)


def holder_of(request: HttpRequest) -> KeyHolder:
    """Whose request this is."""
    holder: KeyHolder = request.auth  # type: ignore[attr-defined]
    return holder


def actor_of(request: HttpRequest) -> str:
    """The label that the journal keeps of a supplier's system."""
    return f"supplier:{holder_of(request).organisation}"
