"""A worker keeps its connection from task to task, and gets a new one when the old one is dead."""

from types import SimpleNamespace

import psycopg
import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from backend.config.celery import app, try_connections


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def run(transactional_db: None):  # type: ignore[no-untyped-def]
    """What a worker does around a task: Celery's own care for Django, and ours."""
    fixup = DjangoWorkerFixup(app)
    sender = SimpleNamespace(request=SimpleNamespace(is_eager=False), name="letters.send")

    def task() -> int:
        fixup.on_task_prerun(sender=sender)
        try_connections()
        try:
            return _backend()
        finally:
            fixup.on_task_postrun(sender=sender)

    return task


def test_tasks_of_one_worker_share_a_connection(run) -> None:  # type: ignore[no-untyped-def]
    assert len({run() for _ in range(5)}) == 1


def test_a_connection_that_died_is_not_used_again(run) -> None:  # type: ignore[no-untyped-def]
    first = run()
    where = connection.get_connection_params()
    names = {name: where[name] for name in ("host", "port", "user", "password", "dbname") if where.get(name)}
    with psycopg.connect(**names, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert run() != first
