"""Every door as one WSGI application; static files, kept pages and plain gifts before Django is asked."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from servestatic import ServeStatic

from backend.config.checks import refuse
from backend.interfaces.crowd.front import Front

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
inner = get_wsgi_application()

from backend.config.lane import GiveLane  # noqa: E402 - the rooms it knows want Django first

lane = GiveLane()
front = Front(inner, first=lane)
# around Django, not as its middleware: that one is async alone and would slow every request
application = ServeStatic(
    front,
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    immutable_file_test=r"^.+\.[0-9a-f]{12}\..+$",
)
refuse()
