"""Figures for prometheus, for this machine or the bearer of ZS_METRICS_TOKEN."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

LOOPBACK = {"127.0.0.1", "::1"}
REQUESTS = Counter("zhisong_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("zhisong_request_seconds", "Seconds to answer", ["route"])


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """404 to strangers: they need not know that it is here."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
    direct = not request.headers.get("X-Forwarded-For")
    return direct and request.META.get("REMOTE_ADDR") in LOOPBACK
