"""Letters: the facts are read for those that are due, and what is due is sent."""

import os
import socket
from uuid import uuid4

from celery import current_app, shared_task
from django.utils import timezone

from backend.interfaces.jobs.post import compose
from backend.notices import operations

BATCH = 20
ROUNDS = 50


@shared_task(name="letters.write")
def write_letters() -> int:
    """Which letters are due, by the journal's order."""
    read = 0
    for _ in range(ROUNDS):
        more = operations.write_due(at=timezone.now())
        read += more
        if not more:
            break
    if read:
        current_app.send_task("letters.send")
    return read


@shared_task(name="letters.send")
def send_letters() -> int:
    """Send what is due. A dead worker's letters come back when their lease has run out."""
    by = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    sent = 0
    for _ in range(ROUNDS):
        tried = operations.send_due(compose=compose, by=by, at=timezone.now(), limit=BATCH)
        sent += tried
        if tried < BATCH:
            break
    return sent
