"""Somebody who works in the office, and their browser."""

import pytest
from django.test import Client

from backend.parties.models import User
from tests import factories

MODEL = "django.contrib.auth.backends.ModelBackend"


def staff() -> User:
    return factories.user("小龙", is_staff=True, is_superuser=True)


@pytest.fixture
def keeper(client: Client, settings) -> Client:
    settings.DEMO = True
    client.force_login(staff(), backend=MODEL)
    client.post("/office/login/")
    return client
