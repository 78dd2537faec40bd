"""Celery: a message only says «look now»; what is due stands in the database."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, task_prerun
from django.db import close_old_connections
from kombu import Exchange, Queue

from backend.interfaces.jobs.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
app = Celery("zhisong")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["backend.interfaces.jobs"])


def family(task: str) -> str:
    """The queue of a task: what stands before the dot of its name."""
    return task.partition(".")[0]


def queues() -> list[Queue]:
    """One for each family. A worker takes from them in turn: no plan waits behind a crowd's notices."""
    names = sorted({family(said.task) for said in SCHEDULE.values()})
    return [Queue(name, Exchange(name), routing_key=name) for name in names]


def route(name: str, *_: Any, **__: Any) -> dict[str, str]:
    return {"queue": family(name)}


app.conf.task_queues = queues()
app.conf.task_routes = (route,)
# Celery would close the database's connection around every task, and a new one costs more than most tasks do
app.conf["CELERY_DB_REUSE_MAX"] = 1_000


def beat_schedule() -> dict[str, dict[str, Any]]:
    """What the jobs door wants announced; an announcement that nobody took in time is dropped."""
    return {
        name: {"task": said.task, "schedule": said.every, "options": {"expires": max(said.every, 10.0)}}
        for name, said in SCHEDULE.items()
    }


@app.on_after_configure.connect
def announce(sender: Celery, **_: Any) -> None:
    sender.conf.beat_schedule = beat_schedule()


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Django's LOGGING stands; Celery configures none of its own."""


@task_prerun.connect
def bind_task(task_id: str, task: Any, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@task_prerun.connect
def try_connections(**_: Any) -> None:
    """Those of the task before: one that died is closed, a good one is tried before its first use."""
    close_old_connections()
