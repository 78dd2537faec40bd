"""What the description says beyond ninja's own: problem+json, the headers of answers."""

from typing import Any

from backend.interfaces.supplier_api.problems import CONTENT_TYPE

TEXT = {"schema": {"type": "string"}}
EVERYWHERE = {
    "X-Request-Id": {"$ref": "#/components/headers/XRequestId"},
    "Zhisong-Version": {"$ref": "#/components/headers/ZhisongVersion"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}
HEADERS = {
    "XRequestId": {"description": "yours, or one of ours; name it when you ask us", **TEXT},
    "ZhisongVersion": {"description": "the dated version that answered", **TEXT},
    "RateLimit": {
        "description": "what is left to this key (r) and when it is full again (t, seconds)",
        **TEXT,
    },
    "RateLimitPolicy": {"description": "requests (q) in a window (w, seconds)", **TEXT},
    "ETag": {"description": "strong; send it as If-Match", **TEXT},
    "RetryAfter": {"description": "seconds", "schema": {"type": "integer"}},
    "IdempotencyReplayed": {"description": "true: this is the first answer, given again", **TEXT},
}


def complete(schema: Any) -> Any:
    """`schema` (as ninja made it) with content types and headers; changed in place."""
    schema["components"]["headers"] = HEADERS
    for path in schema["paths"].values():
        for method, operation in path.items():
            for status, response in operation["responses"].items():
                _complete_response(response, int(status), acts=method == "post")
    return schema


def _complete_response(response: dict[str, Any], status: int, *, acts: bool) -> None:
    headers = dict(EVERYWHERE)
    if status >= 400:
        content = response.get("content", {})
        response["content"] = {CONTENT_TYPE: content.pop("application/json")}
    elif _is_order(response):
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    if status == 429:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if acts and status < 400:
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/IdempotencyReplayed"}
    response["headers"] = headers


def _is_order(response: dict[str, Any]) -> bool:
    schema = response["content"]["application/json"]["schema"]
    return str(schema.get("$ref", "")).endswith("/OrderOut")
