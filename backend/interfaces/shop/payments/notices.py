"""The door for gateways' notices. Only 2xx stops a gateway from asking again."""

import structlog
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from backend.donations import operations
from backend.donations.payments.port import BadSignature, GatewayDown, UnknownGateway
from backend.kernel.errors import Conflicts, Missing, Refused

log = structlog.get_logger()
MOST_BYTES = 64 * 1024
STATUS: list[tuple[type[Refused], int]] = [
    (BadSignature, 403),
    (UnknownGateway, 404),
    (Missing, 404),
    (Conflicts, 409),
    (GatewayDown, 503),
]


@csrf_exempt
@require_POST
def notice(request: HttpRequest, gateway: str) -> JsonResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        receipt = operations.receive_notice(
            gateway=gateway, headers=request.headers, body=request.body, at=timezone.now()
        )
    except Refused as refusal:
        log.warning("notice refused", gateway=gateway, code=refusal.code)
        return JsonResponse({"code": refusal.code}, status=_status(refusal))
    return JsonResponse({"code": receipt.value})


def _status(refusal: Refused) -> int:
    return next((status for kind, status in STATUS if isinstance(refusal, kind)), 400)
