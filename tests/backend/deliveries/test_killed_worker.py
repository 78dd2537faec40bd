"""A worker is really killed in the middle of a search; another finishes the plan."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.utils import timezone

from backend.deliveries.models import Plan
from backend.deliveries.planning import run_next
from tests.backend.deliveries.stories import County

VICTIM = """
import django
django.setup()
from django.utils import timezone
from backend.deliveries.planning import run_next
run_next(by="victim", clock=timezone.now)
"""


def database_url() -> str:
    """The test's own database, for a process that knows nothing of the test."""
    at = settings.DATABASES["default"]
    host = quote(str(at["HOST"]), safe="")
    port = f":{at['PORT']}" if at["PORT"] else ""
    user = quote(str(at["USER"])) + (f":{quote(str(at['PASSWORD']))}" if at["PASSWORD"] else "")
    return f"postgres://{user}@{host}{port}/{quote(str(at['NAME']), safe='')}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_kill_9_in_mid_search_and_the_plan_is_drafted_all_the_same() -> None:
    county = County()
    county.shipment(county.school())
    on = timezone.now().date() + timedelta(days=1)
    while on.weekday() > 4:
        on += timedelta(days=1)
    plan = county.ask(on=on, at=timezone.now(), seconds=120, limit=None)
    environment = os.environ | {
        "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }  # fmt: skip
    victim = subprocess.Popen([sys.executable, "-c", VICTIM], env=environment)
    deadline = time.monotonic() + 90
    while not Plan.objects.get().progress and time.monotonic() < deadline:
        assert victim.poll() is None, "the victim ended by itself"
        time.sleep(0.1)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    plan.refresh_from_db()
    assert (plan.state, plan.claimed_by, plan.tries) == ("asked", "victim", 1)
    assert run_next(by="heir", clock=timezone.now) is None, "the lease still holds"
    Plan.objects.update(limit=20)
    run = run_next(by="heir", clock=lambda: timezone.now() + timedelta(seconds=20))
    assert run and (run.state, run.tries) == ("drafted", 2)
