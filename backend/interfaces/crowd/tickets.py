"""What a visitor carries in the crowd: a ticket (when they came) and, once let in, a pass. Both signed."""

import secrets
from dataclasses import dataclass

from django.core.signing import BadSignature

from backend.kernel.signing import QuickSigner, signer

TICKET_COOKIE, PASS_COOKIE = "turn", "pass"
TICKET_SECONDS = 2 * 3600
PASS_SECONDS = 15 * 60  # to fill in one confirm page and pay


@dataclass(frozen=True)
class Ticket:
    """`came` in whole milliseconds of the wall clock; whoever came first goes in first."""

    id: str
    came: int

    def signed(self) -> str:
        return _signer("ticket").sign(f"{self.id}.{self.came}")


@dataclass(frozen=True)
class Pass:
    """Lets its holder to the confirm page until `until` (seconds of the wall clock)."""

    id: str
    until: int

    def signed(self) -> str:
        return _signer("pass").sign(f"{self.id}.{self.until}")


def _signer(what: str) -> QuickSigner:
    return signer(f"crowd.{what}")


def new_ticket(now: float) -> Ticket:
    return Ticket(secrets.token_urlsafe(9), round(now * 1000))


def new_pass(ticket_id: str, now: float) -> Pass:
    return Pass(ticket_id, int(now) + PASS_SECONDS)


def _read(what: str, text: str) -> tuple[str, int] | None:
    try:
        name, _, number = _signer(what).unsign(text).rpartition(".")
    except BadSignature:
        return None
    return (name, int(number)) if name and number.isdigit() else None


def read_ticket(text: str, now: float) -> Ticket | None:
    """None for what is not ours or too old."""
    found = _read("ticket", text)
    if found is None or not 0 <= now - found[1] / 1000 <= TICKET_SECONDS:
        return None
    return Ticket(*found)


def read_pass(text: str, now: float) -> Pass | None:
    """None for what is not ours or over."""
    found = _read("pass", text)
    return Pass(*found) if found and now < found[1] else None
