"""Real services for every run: embedded ones of the run's own, or those DATABASE_URL and REDIS_URL name.

The first process of a run starts them before Django reads its settings; xdist workers inherit the addresses,
each with a database, a Valkey number and a queue prefix of its own.
"""

import atexit
import os

import django

from tests.services import TestRun

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"  # hashed names need a collected folder


def prepare() -> None:
    """Addresses into the environment, then Django, so that any test module may import any room."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        run = TestRun.start()
        atexit.register(run.stop)
        os.environ.update(run.environment())
    if worker and "ZS_TEST_RUN" in os.environ:
        os.environ["REDIS_URL"] += f"?db={int(worker.removeprefix('gw')) + 1}"
    os.environ["ZS_QUEUE_PREFIX"] = f"zs-test-{os.getpid()}"
    os.environ["ZS_STATIC_STORAGE"] = PLAIN
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # a worker would load settings before it knows its own addresses


prepare()
