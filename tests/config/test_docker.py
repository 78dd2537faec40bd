"""The compose file says what the system runs by hand; no engine is needed to compare them."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.config import stack

DOCKER = Path(__file__).resolve().parents[2] / "docker"
CATALOGUES = {"catalogues.py", "translations.py"}  # run where the image is made, before its tools go


@pytest.fixture
def services() -> dict[str, Any]:
    found = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("web", stack.web(8000, "0.0.0.0")),
        ("live", stack.live(8000, "0.0.0.0")),
        ("worker", stack.worker()),
        ("beat", stack.beat()),
        ("migrate", ["-m", "backend", "migrate"]),
    ],
)
def test_containers_run_what_runs_by_hand(name: str, command: list[str], services: dict[str, Any]) -> None:
    assert services[name]["command"] == ["python", *command]


def test_the_image_serves_the_web_by_default() -> None:
    told = re.search(r"^CMD (\[.*\])$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert told and yaml.safe_load(told.group(1)) == ["python", *stack.web(8000, "0.0.0.0")]


def test_the_image_runs_as_nobody_special_and_is_watched() -> None:
    last_stage = (DOCKER / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    assert "\nUSER zhisong\n" in last_stage and "\nHEALTHCHECK " in last_stage


def test_every_process_waits_for_migrated_stores(services: dict[str, Any]) -> None:
    for name in ("web", "live", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert services[name]["depends_on"]["valkey"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_streams_and_pages_get_their_own_settings(services: dict[str, Any]) -> None:
    assert services["live"]["environment"]["ZS_LIVE"] == "1"
    assert "ZS_LIVE" not in services["web"]["environment"]
    for name in ("web", "live", "worker", "beat", "migrate"):
        assert "ZS_DEMO" not in services[name]["environment"]


def test_every_setting_it_names_exists(services: dict[str, Any]) -> None:
    """A misspelt name would be silently ignored."""
    read = (DOCKER.parent / "backend/config/settings.py").read_text()
    for service in services.values():
        for name in service.get("environment", {}):
            assert name.startswith("POSTGRES_") or f'"{name}"' in read, name


def test_secrets_have_no_default_and_ports_stay_on_this_host(services: dict[str, Any]) -> None:
    text = (DOCKER / "compose.yaml").read_text()
    for name in ("ZS_SECRET_KEY", "POSTGRES_PASSWORD", "ZS_HOST"):
        assert f"${{{name}:?" in text and f"${{{name}:-" not in text
    assert all(port.startswith("127.0.0.1:") for each in services.values() for port in each.get("ports", ()))


def test_nothing_that_the_image_uninstalls_is_imported_there() -> None:
    """The Dockerfile takes away what stands under this line of requirements.in."""
    tools = (
        (DOCKER.parent / "requirements.in").read_text().lower().split("# what it is proved with\n")[1].split()
    )
    gone = {
        module
        for module, sources in packages_distributions().items()
        if {re.sub(r"[-_.]+", "-", source).lower() for source in sources} & set(tools)
    }
    assert "pytest" in gone and "yaml" in gone
    for folder in ("backend", "routing"):
        for path in (DOCKER.parent / folder).rglob("*.py"):
            if path.name not in CATALOGUES:
                assert not _imported(path) & gone, path


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return {name.split(".")[0] for name in plain} | {
        node.module.split(".")[0]
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
