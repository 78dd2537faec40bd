"""Valkey as something that may be gone: short time-outs, and after a failure a pause before it is asked again."""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
R = TypeVar("R")
ANSWER_SECONDS, CONNECT_SECONDS, PAUSE_SECONDS = 0.25, 0.1, 2.0


class Gone(Exception):
    """Valkey gives no answer now: do without it."""


@functools.cache
def client(url: str) -> "redis.Redis[Any]":
    """One pool of connections per process and address."""
    return redis.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Valkey:
    """Calls that raise Gone instead of waiting; keys carry the deployment's prefix."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._not_before = 0.0

    def key(self, name: str) -> str:
        return f"{settings.QUEUE_PREFIX}:crowd:{name}"

    def ask(self, call: Callable[["redis.Redis[Any]"], R]) -> R:
        """`call` with the client. Raises Gone at once within the pause after a failure."""
        if self._clock() < self._not_before:
            raise Gone
        try:
            return call(client(settings.REDIS_URL))
        except (RedisError, OSError) as error:
            self._not_before = self._clock() + PAUSE_SECONDS
            log.warning("valkey gives no answer: %s", type(error).__name__)
            raise Gone from error


valkey = Valkey()
