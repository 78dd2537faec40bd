"""`python -m backend load_demo`: the demonstration county, from fixtures/."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from backend.interfaces.jobs.demo.county import load
from backend.interfaces.jobs.demo.keys import demo_keys


class Command(BaseCommand):
    help = "Load the demonstration county (a second run changes nothing) and print its suppliers' API keys."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--quiet", action="store_true", help="do not print the API keys")

    def handle(self, *args: Any, **options: Any) -> None:
        done = load(at=timezone.now())
        if done.items:
            self.stdout.write(
                f"示范县装好了：{done.recipients}个收货点，{done.suppliers}家供应商，"
                f"{done.items}种物品，{done.appeals}个募捐。"
            )
        else:
            self.stdout.write("示范县已经在了，什么也没改。")
        if not options["quiet"]:
            for name, key in demo_keys().items():
                self.stdout.write(f"{name}\t{key}")
