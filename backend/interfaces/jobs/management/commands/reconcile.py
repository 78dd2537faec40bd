"""python -m backend reconcile: every counter against the lines it sums up; fails when one has drifted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.donations.queries import reconcile


class Command(BaseCommand):
    help = "Compare the counters of needs, gifts and the gateway accounts with their lines."

    def handle(self, *args: Any, **options: Any) -> None:
        drifts = reconcile()
        for drift in drifts:
            self.stderr.write(
                f"{drift.counter} of {drift.subject}: kept {drift.kept}, lines say {drift.summed}"
            )
        if drifts:
            raise CommandError(f"{len(drifts)} counters have drifted")
        self.stdout.write("0 counters have drifted")
