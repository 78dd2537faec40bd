"""What a process refuses to start with, and what strangers cannot open."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from backend.config import broker, checks, secret
from backend.config.services.addresses import is_embedded

BASE_DIR = Path(__file__).resolve().parents[2]
PUBLIC = {
    "SITE_URL": "https://zhisong.example",
    "ALLOWED_HOSTS": ["zhisong.example"],
    "GIVEN_SECRET_KEY": "k" * 40,
}
DEMO = {"DEMO": True, "EMBEDDED": True, "SITE_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": ["127.0.0.1"]}


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, []),
        ({"EMBEDDED": False}, ["zhisong.E001"]),
        ({"SITE_URL": "http://192.168.1.5:8000"}, ["zhisong.E001"]),
        ({"SITE_URL": "http://127.0.0.1.example"}, ["zhisong.E001"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["zhisong.E001"]),
        ({"DEMO": False, "EMBEDDED": False}, []),
    ],
)
def test_a_demonstration_stays_on_this_machine(change: dict[str, Any], refused: list[str]) -> None:
    with override_settings(**{**DEMO, **change}):
        assert [found.id for found in checks.demonstration()] == refused


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, []),
        ({"GIVEN_SECRET_KEY": ""}, ["zhisong.E002"]),
        ({"GIVEN_SECRET_KEY": "short"}, ["zhisong.E002"]),
        ({"DEBUG": True}, ["zhisong.E003"]),
        ({"SITE_URL": "http://zhisong.example"}, ["zhisong.E004"]),
        ({"SITE_URL": "http://zhisong.example", "REALM": "test"}, []),
        ({"ALLOWED_HOSTS": ["*"]}, ["zhisong.E005"]),
        ({"SITE_URL": "http://localhost", "GIVEN_SECRET_KEY": "", "DEBUG": True}, []),
    ],
)
def test_a_public_site_is_set_up_as_one(change: dict[str, Any], refused: list[str]) -> None:
    with override_settings(**{**PUBLIC, **change}):
        assert [found.id for found in (*checks.secret_key(), *checks.deployment())] == refused


@pytest.mark.parametrize(
    "change", [{"VISIBILITY_SECONDS": 300}, {"PLAN_SECONDS": 290}, {"CELERY_TASK_SOFT_TIME_LIMIT": 300}]
)
def test_a_message_comes_back_only_after_its_task_must_have_ended(change: dict[str, int]) -> None:
    assert checks.patience() == []
    with override_settings(**change):
        assert [found.id for found in checks.patience()] == ["zhisong.E006"]


@pytest.mark.django_db
def test_an_old_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.postgresql(databases=["default"]) == []
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 990000)
    assert [found.id for found in checks.postgresql(databases=["default"])] == ["zhisong.E007"]


def test_servers_refuse_in_the_checks_own_words() -> None:
    with (
        override_settings(**{**DEMO, "EMBEDDED": False}),
        pytest.raises(ImproperlyConfigured, match="loopback with the embedded services"),
    ):
        checks.refuse()


@pytest.mark.parametrize("module", ["backend.config.wsgi", "backend.config.asgi"])
def test_no_server_opens_a_demonstration_on_a_database_of_others(module: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "ZS_DEMO": "1",
        "DATABASE_URL": "postgres://u@db.example/zs",
        "ZS_VAR_DIR": str(tmp_path),
        "ZS_LIVE": "1" if "asgi" in module else "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], cwd=BASE_DIR, env=env, capture_output=True, text=True
    )
    assert done.returncode == 1 and "A demonstration runs on loopback" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("ZS_MODE", "lottery"), ("ZS_REALM", "maybe"), ("ZS_DEBUG", "perhaps"), ("DATABASE_URL", "mysql")],
)
def test_a_setting_that_makes_no_sense_stops_the_start(name: str, value: str, tmp_path: Path) -> None:
    env = {**os.environ, name: value, "ZS_VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-c", "import backend.config.settings"]
    done = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and name in done.stderr


def test_embedded_is_a_socket_of_ours_and_nothing_else() -> None:
    assert is_embedded("/tmp/zhisong-0123456789")
    assert not is_embedded("/var/run/postgresql") and not is_embedded("127.0.0.1") and not is_embedded("")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("redis://10.0.0.1:6379/3", "redis://10.0.0.1:6379/3"),
        ("unix:///tmp/z/valkey.sock", "redis+socket:///tmp/z/valkey.sock?virtual_host=0"),
        ("unix:///tmp/z/valkey.sock?db=2", "redis+socket:///tmp/z/valkey.sock?virtual_host=2"),
    ],
)
def test_celery_finds_the_same_valkey_as_the_cache(given: str, wanted: str) -> None:
    assert broker.broker_url(given) == wanted


def test_many_processes_agree_on_one_key(tmp_path: Path) -> None:
    program = "import sys, pathlib; from backend.config.secret import key_of_checkout as k; print(k(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", program, str(tmp_path / "var")]
    running = [subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    keys = {process.communicate()[0].strip() for process in running}
    assert len(keys) == 1 and len(keys.pop()) >= 50
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0
    assert secret.key_of_checkout(tmp_path / "var") == (tmp_path / "var" / "secret_key").read_text()
