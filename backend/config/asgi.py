"""Live streams only; everything else is WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
pages = get_asgi_application()

from backend.config.checks import refuse  # noqa: E402
from backend.interfaces.track.live import Live, Receive, Scope, Send  # noqa: E402

refuse()
live = Live()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Streams go past Django's own ASGI path, which would hold a thread and a connection for each."""
    if scope["type"] == "lifespan" or scope.get("path", "").startswith("/live/"):
        await live(scope, receive, send)
    else:
        await pages(scope, receive, send)  # type: ignore[arg-type]
