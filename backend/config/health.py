"""Whether this process lives, and whether it can serve: asked by supervisors and load balancers."""

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

log = structlog.get_logger("health")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 with every part true, else 503; strangers learn no more than the names."""
    parts = {"database": _holds(_ask_database), "valkey": _holds(_ask_valkey)}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _holds(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (Error, RedisError, OSError) as error:
        log.warning("not ready", part=ask.__name__, error=str(error))
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_valkey() -> None:
    cache.get("health")
