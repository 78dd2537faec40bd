"""The flow: knowledge points to the past. What import contracts cannot see."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ORDER = [name.removeprefix("backend.") for name in settings.ROOMS]
CODE = [
    p for top in ("backend", "routing") for p in (ROOT / top).rglob("*.py") if "migrations" not in p.parts
]


def room_of(model: type) -> str | None:
    parts = model.__module__.split(".")
    return parts[1] if parts[0] == "backend" and parts[1] in ORDER else None


def test_foreign_keys_point_to_the_past() -> None:
    forward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and (here := room_of(model)) and field.related_model
        if (there := room_of(field.related_model)) and ORDER.index(there) > ORDER.index(here)
    ]
    assert forward == []


def test_every_room_of_the_flow_is_an_app() -> None:
    assert {config.name for config in apps.get_app_configs()} >= set(settings.ROOMS)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("backend/**/migrations/0*.py")), ids=lambda p: p.parent.parent.name + p.stem
)
def test_migrations_import_nothing_of_ours(path: Path) -> None:
    imported = re.findall(r"^(?:from|import) (backend|routing)\b", path.read_text(), re.M)
    assert imported == []
    assert "backend." not in re.sub(r'"[^"]*"', "", path.read_text()), (
        "a migration must import nothing of ours"
    )


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400, "split the file by theme"
    long = [
        f"{node.name}:{node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 60
    ]
    assert long == []


def test_there_are_no_drawers() -> None:
    assert [p for p in CODE if p.stem in {"utils", "helpers", "common", "misc"}] == []


def test_no_failure_is_swallowed() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]
    assert silent == []
