"""The broker's address as Celery wants it."""

from urllib.parse import parse_qs, urlsplit


def broker_url(redis_url: str) -> str:
    """`unix:///path?db=2` becomes `redis+socket:///path?virtual_host=2`; others stay as they are."""
    if not redis_url.startswith("unix://"):
        return redis_url
    parts = urlsplit(redis_url)
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"
