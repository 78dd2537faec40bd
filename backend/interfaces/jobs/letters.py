"""Letters: the facts are read for those that are due, and what is due is sent."""

import os
import socket
from uuid import uuid4

from celery import current_app, shared_task
from django.utils import timezone

from backend.interfaces.jobs.post import compose
from backend.interfaces.jobs.turns import while_any
from backend.notices import operations

BATCH = 10


@shared_task(name="letters.write")
def write_letters() -> int:
    """Which letters are due, by the journal's order."""
    read = while_any(lambda: operations.write_due(at=timezone.now()))
    if read:
        current_app.send_task("letters.send")
    return read


@shared_task(name="letters.send")
def send_letters() -> int:
    """Send what is due. A dead worker's letters come back when their lease has run out."""
    by = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    return while_any(
        lambda: operations.send_due(compose=compose, by=by, at=timezone.now(), limit=BATCH), least=BATCH
    )
