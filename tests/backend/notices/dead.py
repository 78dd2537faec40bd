"""A mail server that does not answer."""

from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class DeadServer(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("the mail server is dead")
