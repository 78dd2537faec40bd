"""The description of the API is generated, committed, and compared."""

import io
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

COMMITTED = Path(settings.BASE_DIR) / "docs/openapi-supplier.json"


def generated() -> str:
    printed = io.StringIO()
    call_command("supplier_openapi", stdout=printed)
    return printed.getvalue()


def operations() -> list[tuple[str, dict[str, Any]]]:
    found = json.loads(generated())["paths"]
    return [(method, operation) for path in found.values() for method, operation in path.items()]


def test_the_committed_description_is_what_runs() -> None:
    assert COMMITTED.read_text() == generated()


def test_every_refusal_is_declared_as_a_problem() -> None:
    for method, operation in operations():
        declared = {int(status) for status in operation["responses"]}
        assert declared >= {400, 401, 403, 422, 429}, operation["operationId"]
        assert method == "get" or 409 in declared
        for status, response in operation["responses"].items():
            wanted = "application/problem+json" if int(status) >= 400 else "application/json"
            assert list(response["content"]) == [wanted]


def test_every_act_asks_for_an_idempotency_key() -> None:
    for method, operation in operations():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert ("Idempotency-Key" in names) == (method == "post"), operation["operationId"]
