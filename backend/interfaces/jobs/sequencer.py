"""Committed facts get their place, and those who read by place are woken. Old answers go."""

from celery import current_app, shared_task
from django.utils import timezone

from backend.interfaces.jobs.turns import while_any
from backend.journal.operations import purge_answers, sequence

BATCH = 5_000


@shared_task(name="journal.sequence", time_limit=60, soft_time_limit=50)
def sequence_facts() -> int:
    """Place what is committed. A second run at the same time leaves at once."""
    placed = while_any(lambda: sequence(limit=BATCH), least=BATCH)
    if placed:
        current_app.send_task("letters.write")
    return placed


@shared_task(name="journal.purge_answers")
def purge_old_answers() -> int:
    """Answers to Idempotency-Keys are kept for a day."""
    return purge_answers(at=timezone.now())
