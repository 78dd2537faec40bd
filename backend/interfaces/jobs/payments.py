"""Money's own clock: notices, expiry, questions whose date is over, refunds."""

import os
import socket
from uuid import uuid4

from celery import shared_task
from django.utils import timezone

from backend.donations import operations
from backend.donations.payments.sandbox import remote
from backend.interfaces.jobs.turns import while_any

ACTOR = "system:jobs"


def _worker() -> str:
    """A name for a lease: it must differ between two runs in one process too."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


@shared_task(name="payments.deliver_notices")
def deliver_notices() -> int:
    """The practice gateway sends its notices."""
    return while_any(lambda: remote.deliver_due(at=timezone.now(), by=_worker()), seconds=0.5)


@shared_task(name="payments.expire_gifts")
def expire_gifts() -> int:
    """Gifts that were not paid in time give their goods back."""
    return while_any(lambda: operations.expire_due(at=timezone.now(), actor=ACTOR))


@shared_task(name="gifts.gather")
def gather_gifts() -> int:
    """Large gifts are put together, or given back, chunk by chunk."""
    by = _worker()
    return operations.gather_due(at=timezone.now(), by=by) + operations.give_back_due(
        at=timezone.now(), by=by
    )


@shared_task(name="payments.purge_attempts")
def purge_attempts() -> int:
    """Failed payments are forgotten after a month."""
    return while_any(lambda: operations.purge_attempts(at=timezone.now()))


@shared_task(name="payments.purge_notices")
def purge_notices() -> int:
    """So are gateways' notices."""
    return while_any(lambda: operations.purge_notices(at=timezone.now()))


@shared_task(name="payments.close_questions")
def close_questions() -> int:
    """Donors of stopped needs are asked; questions without an answer take the donor's promise."""
    asked = operations.ask_for_stopped(at=timezone.now(), actor=ACTOR)
    return asked + operations.close_due_questions(at=timezone.now())


@shared_task(name="payments.pay_refunds")
def pay_refunds() -> int:
    """Refunds that were asked for are sent to the gateway."""
    return while_any(lambda: operations.pay_refunds(at=timezone.now(), by=_worker(), actor=ACTOR))
