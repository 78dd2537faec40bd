"""`python -m backend.config.prepare [LINKS]`: migrations, the demonstration county and static files, in one process.

Each step looks first, so that a second start does nothing and says so quickly.
"""

import os
import sys
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    django.setup()
    call_command("check", stdout=sys.stderr)
    _step("migrating", lambda: call_command("migrate", verbosity=0))
    if settings.DEMO:
        _step(
            "loading the demonstration county",
            lambda: call_command("load_demo", quiet=True, stdout=sys.stderr),
        )
    _step("collecting static files", lambda: call_command("collectstatic", verbosity=0, interactive=False))
    if settings.DEMO and sys.argv[1:]:
        with open(sys.argv[1], "w") as links:
            call_command("demo_links", stdout=links)
        call_command("demo_keys")


def _step(words: str, act: Callable[[], object]) -> None:
    began = time.monotonic()
    act()
    print(f"{words}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)  # noqa: T201 - shown to a person


if __name__ == "__main__":
    main()
