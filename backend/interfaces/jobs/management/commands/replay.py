"""`python -m backend replay`: a real order stream through the public doors of a running demonstration."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from backend.interfaces.jobs.demo import stage
from backend.interfaces.jobs.demo.keys import demo_keys
from backend.interfaces.jobs.replay.report import show
from backend.interfaces.jobs.replay.run import Replay
from backend.interfaces.jobs.replay.staff import demo_links

MOST_FAILURES = 20


class Command(BaseCommand):
    help = "Let donors give by HTTP and suppliers answer by API until the last count; print the account."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--orders", type=int, default=100, help="how many donors come by")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same baskets")
        parser.add_argument(
            "--speed",
            type=float,
            default=0,
            help="times as fast as they really came (0: as fast as they can)",
        )
        parser.add_argument("--base", default=settings.SITE_URL, help="where the server is")
        parser.add_argument("--workers", type=int, default=8, help="donors at the door at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["orders"], options["workers"]) < 1 or options["speed"] < 0:
            raise CommandError("Say how many: --orders and --workers from 1, --speed from 0.")
        logging.getLogger("httpx").setLevel(logging.WARNING)  # one line for each of many thousand requests
        console = Console()
        replay = Replay(
            options["base"].rstrip("/"),
            options["orders"],
            options["seed"],
            options["speed"],
            options["workers"],
            demo_keys(),
            demo_links(),
            timezone.now,
            console,
        )
        with stage.taken(wait=True):  # `play` finishes what it is about, then rests
            outcome = replay.run()
        show(console, outcome.account, outcome.checks)
        console.print("  ".join(f"{what}: {people:,}" for what, people in sorted(outcome.visits.items())))
        for failure in outcome.failures[:MOST_FAILURES]:
            console.print(f"[red]{failure}[/]", highlight=False)
        if not outcome.sound:
            sys.exit(1)
