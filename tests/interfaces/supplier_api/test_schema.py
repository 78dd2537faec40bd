"""Schemathesis throws at the API what its description allows, and what it forbids."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

from tests.backend.supplier_orders.stories import answer, ordered, packed
from tests.factories import Village
from tests.interfaces.supplier_api.caller import key_for

application = get_wsgi_application()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The whole site; the test's own connection outlives the requests."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        response = application(environ, start_response)
        return [b"".join(response)]
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


schema = schemathesis.openapi.from_wsgi("/api/supplier/v1/openapi.json", app)
EXCLUDED = [missing_required_header, positive_data_acceptance]
pytestmark = pytest.mark.django_db


@pytest.fixture
def known(request: pytest.FixtureRequest) -> dict[str, str]:
    """An order and a shipment that exist, and a key to them."""
    village = Village()
    order = answer(ordered(village, 3))
    shipment = packed(order, 1)
    return {
        "order_id": order.public_id,
        "shipment_id": shipment.public_id,
        "key": key_for(village.supplier.organisation),
    }


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
def test_every_answer_is_as_described(case: schemathesis.Case, known: dict[str, str]) -> None:
    for name, value in (case.path_parameters or {}).items():
        if len(str(value)) <= 40:  # a name that could be one: take one that is
            case.path_parameters[name] = known[name]
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    # an unknown query parameter does no harm; what is well formed may still not fit the order (422);
    # a missing If-Match is 428
    case.call_and_validate(
        headers={"Authorization": f"Bearer {known['key']}"},
        excluded_checks=[*EXCLUDED, *([negative_data_rejection] if case.method == "GET" else [])],
    )
