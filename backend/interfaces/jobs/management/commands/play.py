"""`python -m backend play`: give something in the shop, and watch it travel to the count."""

import logging
import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backend.interfaces.jobs.demo.keys import demo_keys
from backend.interfaces.jobs.play.people import People, Where
from backend.interfaces.jobs.play.story import Narrator
from backend.interfaces.jobs.replay.staff import demo_links


def _language() -> str:
    """The terminal's: Chinese where it speaks Chinese."""
    said = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "zh-hans" if said.lower().startswith("zh") else "en"


def say(told: str) -> None:
    print(told, flush=True)


class Command(BaseCommand):
    help = "Act as supplier, dispatcher, driver and school on whatever is given, until Ctrl-C."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--base", default=settings.SITE_URL, help="where the server is")
        parser.add_argument("--pace", type=float, default=2.0, help="seconds before each act")
        parser.add_argument("--language", choices=["zh-hans", "zh-hant", "en"], default=_language())

    def handle(self, *args: Any, **options: Any) -> None:
        if options["pace"] < 0:
            raise CommandError("Say how many seconds: --pace from 0.")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        over = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: over.set())
        where = Where(options["base"].rstrip("/"), demo_keys(), demo_links(), options["pace"], timezone.now)
        with translation.override(options["language"]), People(where, say, over) as people:
            narrator = Narrator(say)
            say(_("都到位了：去捐一件，看着它到"))
            telling = threading.Thread(target=narrator.run, args=(over, options["language"]))
            telling.start()
            try:
                people.run()
            finally:
                over.set()
                telling.join()
