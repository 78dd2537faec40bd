"""The stream of a gift's page, on a real ASGI server with a database of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from backend.deliveries.models import Plan
from backend.deliveries.operations import fail, renew
from backend.interfaces import tickets
from backend.journal.kinds import Kind
from backend.journal.operations import record, sequence
from backend.journal.queries import head
from tests.backend.confirmations.stories import Road
from tests.backend.deliveries.stories import County
from tests.cast import later

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "http://127.0.0.1:9"
NAME = "zhisong-live"


def database_url() -> str:
    params = connection.get_connection_params()
    host = quote(str(params.get("host") or ""), safe="")
    port = f":{params['port']}" if params.get("port") else ""
    return f"postgres://{params.get('user', '')}@{host}{port}/{params['dbname']}"


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """One live process for all these stories."""
    with django_db_blocker.unblock():
        database = database_url()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "DATABASE_URL": f"{database}?application_name={NAME}",
        "ZS_LIVE": "1",
        "ZS_SITE_URL": PAGE,
        "ZS_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    said = tmp_path_factory.mktemp("live") / "log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workers", "1", "--no-ws", "backend.config.asgi:application"],
            env=env,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, f"{url}/live/health/", said)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", url: str, said: Path) -> None:
    end = time.monotonic() + 40
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the live process did not start: {said.read_text()[-2000:]}")


class Stream:
    """One open page."""

    def __init__(self, server: str, topic: str, after: int = 0, **headers: str) -> None:
        params: dict[str, Any] = {"ticket": tickets.ticket(topic)} | ({"after": after} if after else {})
        self.client = httpx.Client(timeout=15)
        path = "plans" if topic.startswith("pln_") else "gifts"
        self.context = self.client.stream("GET", f"{server}/live/{path}/", params=params, headers=headers)
        self.response = self.context.__enter__()
        self.lines = self.response.iter_lines()

    def until(self, start: str) -> str:
        """The next line that begins with `start`."""
        return next(line for line in self.lines if line.startswith(start))

    def close(self) -> None:
        self.context.__exit__(None, None, None)
        self.client.close()


def happens(subject: str, kind: Kind = Kind.GIFT_PAID) -> int:
    with transaction.atomic():
        record(kind=kind, subject=subject, actor="x", at=later())
    sequence()
    return head()


def test_a_page_hears_of_its_own_gift_alone(server: str) -> None:
    road = Road((3, 4), boxes=1)
    mine, other = (gift.public_id for gift in road.gifts)
    page = Stream(server, mine, Origin=PAGE)
    assert page.until("retry:") == "retry: 3000"
    assert page.response.headers["content-type"].startswith("text/event-stream")
    assert page.response.headers["access-control-allow-origin"] == PAGE

    happens(other)
    seq = happens(mine)

    assert page.until("event:") == "event: changed"
    assert page.until("id:") == f"id: {seq}"
    page.close()


def test_facts_far_down_the_road_reach_the_donor(server: str) -> None:
    road = Road((3,), boxes=1)
    page = Stream(server, road.gifts[0].public_id)
    page.until("retry:")

    road.count(2, at=later(days=3))
    sequence()

    assert page.until("event:") == "event: changed"
    page.close()


def test_a_page_that_was_away_hears_what_it_missed(server: str) -> None:
    gift = Road((3,), boxes=1).gifts[0].public_id
    before = happens(gift)
    missed = happens(gift)

    by_query = Stream(server, gift, after=before)
    assert by_query.until("id:") == f"id: {missed}"
    by_header = Stream(server, gift, **{"Last-Event-ID": str(before)})
    assert by_header.until("id:") == f"id: {missed}"
    by_query.close()
    by_header.close()


def test_nothing_missed_nothing_said(server: str) -> None:
    gift = Road((3,), boxes=1).gifts[0].public_id
    before = happens(gift)
    happens("don_else")
    page = Stream(server, gift, after=before)
    page.until("retry:")

    seq = happens(gift)

    assert page.until("id:") == f"id: {seq}"
    page.close()


def test_fifty_pages_cost_two_connections(server: str) -> None:
    road = Road((3, 4), boxes=1)
    pages = [Stream(server, road.gifts[n % 2].public_id) for n in range(50)]
    for page in pages:
        page.until("retry:")

    with connection.cursor() as cursor:
        cursor.execute(  # of our database alone: another worker may have a live process of its own
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
            [NAME],
        )
        held = cursor.fetchone()[0]

    happens(road.gifts[0].public_id)
    happens(road.gifts[1].public_id)
    assert {page.until("event:") for page in pages} == {"event: changed"}
    assert held == 2
    for page in pages:
        page.close()


@pytest.mark.parametrize("ticket", ["", "forged", signing.Signer(salt=tickets.SALT).sign("don_1")])
def test_without_a_ticket_there_is_no_stream(server: str, ticket: str) -> None:
    answer = httpx.get(
        f"{server}/live/gifts/", params={"ticket": ticket}, headers={"Origin": "http://evil.example"}
    )

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("path", "topic"), [("plans", "don_1"), ("gifts", "pln_1")])
def test_a_ticket_opens_one_kind_of_stream(server: str, path: str, topic: str) -> None:
    answer = httpx.get(f"{server}/live/{path}/", params={"ticket": tickets.ticket(topic)})
    assert answer.status_code == 403


def test_a_plan_is_heard_while_it_is_searched_for_and_when_it_ends(server: str) -> None:
    plan, other = County().ask(), County().ask()
    Plan.objects.update(claimed_by="w")
    page = Stream(server, plan.public_id)
    assert page.until("event:") == "event: changed", "it may have moved before the page listened"

    lease = timedelta(seconds=15)
    assert renew(plan=plan, by="w", progress={"elapsed": 1}, at=later(), lease=lease)
    assert page.until("event:") == "event: changed"
    assert renew(plan=other, by="w", progress={"elapsed": 1}, at=later(), lease=lease)
    fail(plan=plan, by="w", error="nothing_ready", actor="system:jobs", at=later())
    assert page.until("event:") == "event: changed"
    page.close()


def test_a_ticket_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = tickets.ticket("don_1")
    assert tickets.read_ticket(ticket) == "don_1"

    monkeypatch.setattr(tickets, "SECONDS", -1)
    assert tickets.read_ticket(ticket) is None


def test_the_live_process_serves_no_door(server: str) -> None:
    assert httpx.get(f"{server}/gifts/don_1/").status_code == 404
    assert httpx.post(f"{server}/live/gifts/").status_code == 404
    assert httpx.get(f"{server}/health/live").status_code == 200
