"""`python -m backend demo_keys`: the API keys of the demonstration's suppliers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.interfaces.jobs.demo.keys import demo_keys


class Command(BaseCommand):
    help = "Print the API key of each supplier (demonstration only)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "These keys exist in a demonstration only: start it with `make demo`, and run this with ZS_DEMO=1."
            )
        for name, key in demo_keys().items():
            self.stdout.write(f"{name}  {key}")
