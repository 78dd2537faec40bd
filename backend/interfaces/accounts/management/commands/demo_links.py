"""`python -m backend demo_links`: one sign-in link per role of the demonstration."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.interfaces.accounts import demo


class Command(BaseCommand):
    help = "Print one sign-in link per role (demonstration only)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Sign-in links exist in a demonstration only: start it with `make demo`.")
        for link in demo.links():
            words = "  ".join(filter(None, [str(demo.WORDS[link.role]), link.name, link.organisation]))
            self.stdout.write(f"{words}\n    {settings.SITE_URL}{link.path}")
