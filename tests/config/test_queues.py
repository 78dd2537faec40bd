"""Tasks of one family wait for each other, never for another family's crowd."""

import contextlib
from collections.abc import Iterator

import pytest
from kombu import Consumer
from kombu.message import Message

from backend.config.celery import app, family


@pytest.fixture(autouse=True)
def empty_queues() -> Iterator[None]:
    def purge() -> None:
        with app.connection_for_write() as connection:
            for queue in app.amqp.queues.values():
                queue(connection.default_channel).declare()
                queue(connection.default_channel).purge()

    purge()
    yield
    purge()


def taken(most: int) -> list[str]:
    """What a worker with one free hand takes, in its order."""
    names: list[str] = []

    def take(body: object, message: Message) -> None:
        names.append(message.headers["task"])
        message.ack()

    with app.connection_for_read() as connection, connection.channel() as channel:
        channel.basic_qos(0, 1, False)
        queues = list(app.amqp.queues.consume_from.values())
        with Consumer(channel, queues, callbacks=[take]), contextlib.suppress(TimeoutError):
            while len(names) < most:
                connection.drain_events(timeout=5)
    return names


def test_a_plan_does_not_wait_behind_a_crowds_notices() -> None:
    for _ in range(30):
        app.send_task("payments.deliver_notices")
    app.send_task("plans.run_plans")
    names = taken(31)
    assert len(names) == 31
    assert "plans.run_plans" in names[: len(app.amqp.queues)]


def test_every_task_has_a_queue_that_a_worker_looks_at() -> None:
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert ours and {family(name) for name in ours} <= set(app.amqp.queues.consume_from)
