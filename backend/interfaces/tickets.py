"""Tickets for streams: a right to hear of one thing for a minute. No cookie goes to the live process."""

from django.core import signing

SALT = "zhisong.live"
SECONDS = 60


def ticket(topic: str) -> str:
    """A right to the stream of `topic` (public id of a gift or plan) for SECONDS."""
    return signing.TimestampSigner(salt=SALT).sign(topic)


def read_ticket(text: str) -> str | None:
    """The topic that a ticket is for; None when it is old or not ours."""
    try:
        return signing.TimestampSigner(salt=SALT).unsign(text, max_age=SECONDS)
    except (signing.BadSignature, ValueError):
        return None
