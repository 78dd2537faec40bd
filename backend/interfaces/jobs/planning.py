"""Plans that were asked for and that nobody works on. The message carries nothing: the table says what is due."""

import os
import socket
import time
from uuid import uuid4

from celery import shared_task
from django.utils import timezone

from backend.deliveries.operations import MAX_SECONDS, adopt_handed_over
from backend.deliveries.planning import run_next

SOFT_LIMIT = MAX_SECONDS + 60
ENOUGH_SECONDS = 60  # after so long the next message may go to a fresher worker


@shared_task(name="plans.run_plans", soft_time_limit=SOFT_LIMIT, time_limit=SOFT_LIMIT + 20)
def run_plans() -> int:
    """Run asked plans one after the other under leases; return how many. Running twice is harmless."""
    begun, done = time.monotonic(), 0
    by = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"  # two runs in one process differ
    while time.monotonic() - begun < ENOUGH_SECONDS:
        if run_next(by=by, clock=timezone.now) is None:
            break
        done += 1
    return done


@shared_task(name="plans.adopt_handed_over")
def adopt() -> int:
    """Shipments that suppliers gave to carriers of their own get a drop, so that they can be counted."""
    return adopt_handed_over(actor="system:jobs", at=timezone.now())
