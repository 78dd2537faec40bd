"""Every door, served by granian's WSGI threads."""

import os

from django.core.wsgi import get_wsgi_application

from backend.config.checks import refuse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
application = get_wsgi_application()
refuse()
