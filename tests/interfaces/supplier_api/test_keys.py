"""Who may come in, how often, and what every answer carries."""

import pytest
from django.test import Client

from backend.parties.models import ApiKey
from backend.parties.operations import revoke_key
from backend.parties.rules import Scope
from tests.backend.supplier_orders.stories import ordered
from tests.cast import MONDAY, later
from tests.factories import Village, supplier
from tests.interfaces.supplier_api.caller import ROOT, System, key_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["", "zs_live_1", "geheim", "zs_live_00000000_" + "0" * 32])
def test_without_a_key_nobody_comes_in(key: str) -> None:
    refused = System(key).get("/orders")
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_key")
    assert refused["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_a_revoked_and_a_mistyped_key_open_nothing() -> None:
    body = supplier().organisation
    expired = key_for(body, expires_at=later(days=1).replace(year=2001))
    revoked = key_for(body)
    revoke_key(prefix=revoked.rsplit("_", 1)[0], actor="user:usr_x", at=MONDAY)
    good = key_for(body)
    for key in (expired, revoked, good[:-1], good[:-1] + "~"):
        assert System(key).get("/orders").status_code == 401
    assert System(good).get("/orders").status_code == 200


def test_two_keys_live_at_once_so_that_they_can_be_changed() -> None:
    body = supplier().organisation
    old, new = key_for(body), key_for(body)
    assert [System(key).get("/orders").status_code for key in (old, new)] == [200, 200]


def test_a_key_does_what_it_was_made_for() -> None:
    reader = System(key_for(supplier().organisation, scopes=[Scope.ORDERS_READ]))
    assert reader.get("/orders").status_code == 200
    for refused in (reader.get("/events"), reader.post("/stock", {"rows": []})):
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_a_test_key_reaches_the_test_realm_alone() -> None:
    live = Village()
    ordered(live, 1)
    tester = supplier("试用供应商")
    tester.organisation.realm = "test"
    tester.organisation.save(update_fields=["realm"])
    key = key_for(tester.organisation)
    assert key.startswith("zs_test_")
    assert System(key).get("/orders").json()["orders"] == []
    tester.organisation.realm = "live"
    tester.organisation.save(update_fields=["realm"])
    assert System(key).get("/orders").status_code == 401


def test_the_day_of_the_last_use_is_kept() -> None:
    System(key_for(supplier().organisation)).get("/orders")
    assert ApiKey.objects.get().last_used_on is not None


def test_every_answer_says_its_id_its_version_and_what_is_left() -> None:
    system = System(key_for(supplier().organisation))
    answer = system.get("/orders", x_request_id="mine-0001-2026")
    assert answer["X-Request-Id"] == "mine-0001-2026"
    assert answer["Zhisong-Version"] == "2026-11-24"
    assert answer["RateLimit-Policy"] == '"key";q=1200;w=60'
    assert answer["RateLimit"].startswith('"key";r=1199;t=')


def test_a_key_that_asks_too_often_waits(settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    system = System(key_for(supplier().organisation))
    answers = [system.get("/locations") for _ in range(6)]  # a minute may begin in between
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_requests"
    assert 0 < int(refused["Retry-After"]) <= 60


def test_without_the_counter_nobody_is_refused(settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    assert System(key_for(supplier().organisation)).get("/orders").status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/orders/x/y/z", 404)])
def test_a_path_that_is_not_there_is_a_problem_too(path: str, status: int) -> None:
    refused = System("").get(path)
    assert (refused.status_code, refused["Content-Type"]) == (status, "application/problem+json")


def test_a_method_that_is_not_there_says_which_are() -> None:
    refused = Client().delete(ROOT + "/orders")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
    assert refused["Allow"] == "GET"


def test_what_is_not_json_is_said_to_be_so() -> None:
    key = key_for(supplier().organisation)
    refused = Client(headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "abcdefgh"}).post(
        ROOT + "/stock", "{", content_type="application/json"
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "not_json")
