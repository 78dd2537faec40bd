"""What is due is ordered; who keeps silent is passed over. Two workers at once do no harm: units are claimed."""

from celery import shared_task
from django.utils import timezone

from backend.interfaces.jobs.turns import while_any
from backend.supplier_orders import operations
from backend.supplier_orders.sourcing import pull_due

ACTOR = "system:jobs"
BATCH = 200


@shared_task(name="sourcing.pull_due", soft_time_limit=60, time_limit=90)
def order_what_is_due() -> int:
    """Due funded lines become supplier orders; donors are asked about what nobody may supply. How many were looked at."""
    return while_any(lambda: pull_due(at=timezone.now(), actor=ACTOR, limit=BATCH).looked, least=BATCH)


@shared_task(name="sourcing.expire_silent", soft_time_limit=60, time_limit=90)
def expire_silent() -> int:
    """Orders that nobody answered in time are closed, and their goods are due again."""
    return len(operations.expire_silent(at=timezone.now(), actor=ACTOR))
