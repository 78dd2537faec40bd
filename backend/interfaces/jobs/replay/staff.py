"""Signing in by the demonstration's links, as the people of each role do."""

import io
import os
import re
import subprocess
import sys

from django.conf import settings
from django.core.management import call_command

from backend.interfaces.jobs.replay.browser import Browser, DoorShut, Pause, at_once

ROLES = {"调度": "dispatch", "司机": "courier"}
_LINE = re.compile(r"^(\S+).*\n\s+\S+?(/accounts/demo/\S+)$", re.M)
HTTP_OK = 200


def demo_links() -> dict[str, str]:
    """The path of each role's sign-in link, as `python -m backend demo_links` prints them."""
    return {ROLES[word]: path for word, path in _LINE.findall(_printed()) if word in ROLES}


def _printed() -> str:
    if settings.DEMO:
        out = io.StringIO()
        call_command("demo_links", stdout=out)
        return out.getvalue()
    command = [sys.executable, "-m", "backend", "demo_links"]
    env = {**os.environ, "ZS_DEMO": "1"}
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=env, check=True, capture_output=True, text=True
    ).stdout


def signed_in(base: str, link: str, *, pause: Pause = at_once) -> Browser:
    """A browser in which somebody has opened their link and said yes."""
    browser = Browser(base)
    page = browser.get(link)
    entered = browser.submit(page, page.form(), follow=False)
    browser.pause = pause
    if page.status != HTTP_OK or entered.status >= 400:
        raise DoorShut(entered, "signing in")
    return browser
