"""What wraps every request: headers, names, addresses, health and figures."""

import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from backend.config import health
from backend.config.middleware import ClientAddress, RequestLog


def test_a_given_request_id_is_echoed_and_a_strange_one_replaced(client: Client) -> None:
    assert (
        client.get("/health/live", headers={"X-Request-Id": "gate-0123456"})["X-Request-Id"] == "gate-0123456"
    )
    for strange in ("", "a b", "x" * 65, "<script>"):
        named = client.get("/health/live", headers={"X-Request-Id": strange})["X-Request-Id"]
        assert named != strange and len(named) >= 8


def test_policies_are_strict_on_every_answer(client: Client) -> None:
    answer = client.get("/health/live")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert answer["Referrer-Policy"] == "same-origin"  # none at all would hide from us that a form is ours
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in answer["Permissions-Policy"] and "camera=(self)" in answer["Permissions-Policy"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.9"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.9"),
        (1, "", "10.0.0.9"),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(proxies: int, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.9")
    with override_settings(TRUSTED_PROXIES=proxies):
        ClientAddress(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


def test_the_log_names_routes_and_never_the_tokens_in_a_path(
    caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    with caplog.at_level(logging.INFO, "request"):
        client.get("/accounts/demo/very-secret-token/")
    told = [record.msg for record in caplog.records if record.name == "request"]
    assert told and isinstance(told[-1], dict)
    assert told[-1]["event"] == "request" and told[-1]["route"].startswith("/accounts/demo/<")
    assert "very-secret" not in json.dumps([str(record.__dict__) for record in caplog.records])


def test_what_breaks_is_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=500)

    wrapped = RequestLog(broken)
    with caplog.at_level(logging.INFO, "request"):
        request = RequestFactory().get("/gifts/secret/")
        wrapped.process_exception(request, ValueError("no stock"))
        wrapped(request)
    events = [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]
    assert events == ["unhandled", "request"] and caplog.records[-1].levelname == "ERROR"


@pytest.mark.django_db
def test_ready_says_which_part_is_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "valkey": True})

    def down() -> None:
        raise OperationalError("connection refused by db.internal")

    monkeypatch.setattr(health, "_ask_database", down)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": False, "valkey": True})
    assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "203.0.113.7"}, 404),
        ("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        ("t0ken", {}, 404),
        ("t0ken", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
        ("t0ken", {"HTTP_AUTHORIZATION": "Bearer t0ken", "REMOTE_ADDR": "203.0.113.7"}, 200),
    ],
)
def test_figures_are_for_this_machine_or_the_token(
    token: str, given: dict[str, Any], status: int, client: Client
) -> None:
    with override_settings(METRICS_TOKEN=token):
        answer = client.get("/metrics", **given)
    assert answer.status_code == status
    assert (b"zhisong_request_seconds" in answer.content) == (status == 200)


def test_figures_count_by_route(client: Client) -> None:
    client.get("/accounts/demo/some-token/")
    told = client.get("/metrics").content.decode()
    assert 'route="/accounts/demo/<' in told and "some-token" not in told
