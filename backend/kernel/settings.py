"""Django's settings as plain attributes.

LazySettings runs Python of its own at every look, and a gift looks thirty times.
"""

from typing import Any

from django.conf import settings as lazy
from django.core.signals import setting_changed


class Settings:
    """Asks Django once for each setting, and again for one that a test has overridden."""

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(lazy, name)
        return value


settings = Settings()


def _forget(*, setting: str, **_: object) -> None:
    settings.__dict__.pop(setting, None)


setting_changed.connect(_forget)
