"""Live streams only; everything else is WSGI."""

import os

from django.core.asgi import get_asgi_application

from backend.config.checks import refuse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
application = get_asgi_application()
refuse()
