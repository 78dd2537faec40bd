"""What must hold before a process starts; `python -m backend check` says it in words."""

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

OLDEST_POSTGRESQL = 150000


def register() -> None:
    checks.register(demonstration, "security")
    checks.register(secret_key, "security")
    checks.register(deployment)
    checks.register(patience)
    checks.register(postgresql, checks.Tags.database)


def refuse() -> None:
    """Servers run no checks by themselves: stop here, with the check's own words.

    Raises ImproperlyConfigured for what would open the house to strangers.
    """
    for found in (*demonstration(), *secret_key(), *deployment()):
        raise ImproperlyConfigured(f"{found.msg} {found.hint}")


def is_loopback(url: str) -> bool:
    """Whether only this machine can open `url`."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def demonstration(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Sign-in links open every role: only on the embedded services, only for this machine."""
    if not settings.DEMO or (
        settings.EMBEDDED
        and is_loopback(settings.SITE_URL)
        and all(is_loopback(f"//{host}") for host in settings.ALLOWED_HOSTS if host != "testserver")
    ):
        return []
    hint = "Unset ZS_DEMO, or unset DATABASE_URL and keep ZS_SITE_URL and ZS_ALLOWED_HOSTS on 127.0.0.1."
    return [
        checks.Error(
            "A demonstration runs on loopback with the embedded services only.", hint, id="zhisong.E001"
        )
    ]


def secret_key(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """A public site has a key of its own, long enough, the same on every host."""
    if is_loopback(settings.SITE_URL) or len(settings.GIVEN_SECRET_KEY) >= 40:
        return []
    hint = "Set ZS_SECRET_KEY to 40 random characters or more, the same on every host."
    return [checks.Error("A public site needs ZS_SECRET_KEY.", hint, id="zhisong.E002")]


def deployment(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """MODE, REALM and the public address fit each other."""
    found: list[checks.CheckMessage] = []
    if settings.DEBUG and not is_loopback(settings.SITE_URL):
        found.append(checks.Error("ZS_DEBUG is for this machine only.", "Unset it.", id="zhisong.E003"))
    if settings.REALM == "live" and not is_loopback(settings.SITE_URL):
        if not settings.SITE_URL.startswith("https://"):
            hint = "Set ZS_SITE_URL to the https address people use."
            found.append(checks.Error("A live site is served by https.", hint, id="zhisong.E004"))
        if "*" in settings.ALLOWED_HOSTS:
            hint = "Name the site's hosts in ZS_ALLOWED_HOSTS."
            found.append(checks.Error("A live site answers to its own names.", hint, id="zhisong.E005"))
    return found


def patience(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """A message must not come back while its task may still run: it would run twice at once."""
    if (
        settings.VISIBILITY_SECONDS
        > settings.CELERY_TASK_TIME_LIMIT
        > settings.CELERY_TASK_SOFT_TIME_LIMIT
        > settings.PLAN_SECONDS
    ):
        return []
    hint = "Raise ZS_TASK_SECONDS above ZS_PLAN_SECONDS and 20 seconds more."
    return [checks.Error("A planning run may not outlast its task's time limit.", hint, id="zhisong.E006")]


def postgresql(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """Asked by `migrate` and `check --database default`."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        connection.ensure_connection()
        if connection.connection.info.server_version < OLDEST_POSTGRESQL:
            message = (
                f"PostgreSQL 15 or newer is needed, {alias} is {connection.connection.info.server_version}."
            )
            found.append(checks.Error(message, "Upgrade the server.", id="zhisong.E007"))
    return found
