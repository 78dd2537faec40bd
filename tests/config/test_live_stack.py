"""The processes of a running system, from outside."""

import urllib.request

import pytest
from django.db import connection

from tests.live import LiveStack, eventually


def test_web_and_live_answer(live_stack: LiveStack) -> None:
    for url in (live_stack.url, live_stack.live_url):
        with urllib.request.urlopen(f"{url}/health/ready") as response:
            assert response.status == 200


def test_the_live_process_serves_no_door(live_stack: LiveStack) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{live_stack.live_url}/office/")


def test_this_process_reads_the_stacks_database(live_stack: LiveStack) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (live_stack.database,)


def test_sign_in_links_lead_somewhere(live_stack: LiveStack) -> None:
    links = [line.strip() for line in live_stack.command("demo_links").splitlines() if "http" in line]
    assert len(links) >= 5
    with urllib.request.urlopen(links[0]) as response:
        assert response.status == 200


def test_a_killed_worker_comes_back(live_stack: LiveStack) -> None:
    live_stack.kill("worker")
    assert not live_stack.children["worker"].running
    live_stack.restart("worker")
    assert eventually(lambda: live_stack.children["worker"].running)
