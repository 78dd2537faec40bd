"""A few donors come by on a running system, and every piece they paid for is counted at the end."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.conftest import running
from tests.live import LiveStack

pytestmark = pytest.mark.xdist_group("stack")  # two stacks at a time are too much for two cores
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def own_stack(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[LiveStack]:
    """A system of its own: the account is of these donors alone, who wait for their turn and are asked whether they are people."""
    folder = tmp_path_factory.mktemp("replay") / "var"
    with (
        running(folder, "zs_replay", ZS_ADDRESS_GIFTS_A_MINUTE="1", ZS_CROWD_RATE="1") as stack,
        django_db_blocker.unblock(),
        stack.in_this_process(),
    ):
        yield stack


def replayed(stack: LiveStack, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend", "replay", "--base", stack.url, *words]
    env = {**os.environ, **stack.env, "COLUMNS": "140"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_few_orders_run_to_the_last_count_with_nothing_lost(own_stack: LiveStack) -> None:
    done = replayed(own_stack, "--orders", "5", "--seed", "11", "--workers", "3")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "paid: 5" in done.stdout and "不一样" not in done.stdout
    counted = re.search(r"付了款、还没点数的 = 0\s*│\s*(\d+)", done.stdout)
    assert counted and counted.group(1) == "0"
    for word in ("收到的款 = 账上收的", "点清的 = 需要里收到的", "捐赠交给供应商的 = 供应商单上的"):
        assert word in done.stdout


@pytest.mark.slow
def test_a_loss_is_told_by_the_exit_status(own_stack: LiveStack) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM needs_needline WHERE reserved < wanted ORDER BY id LIMIT 1")
        (need,) = cursor.fetchone()
        cursor.execute("UPDATE needs_needline SET reserved = reserved + 1 WHERE id = %s", [need])
    try:
        done = replayed(own_stack, "--orders", "1", "--seed", "12", "--workers", "1")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE needs_needline SET reserved = reserved - 1 WHERE id = %s", [need])
    assert done.returncode == 1 and "不一样" in done.stdout
