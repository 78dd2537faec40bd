"""Celery: a message only says «look now»; what is due stands in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
app = Celery("zhisong")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["backend.interfaces.jobs"])
