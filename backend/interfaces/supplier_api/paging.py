"""Opaque cursors over a stable order."""

import base64
import binascii
import json
from datetime import datetime

from django.utils.dateparse import parse_datetime

from backend.kernel.errors import Malformed


class BadCursor(Malformed):
    """This cursor is not one of ours, or belongs to another question."""

    code = "bad_cursor"


def cursor_of(moment: datetime, row: int, question: str) -> str:
    """Where a page ended: the moment and id of its last row, and the question it answered."""
    text = json.dumps([moment.isoformat(), row, question])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_in(cursor: str, question: str) -> tuple[datetime, int]:
    """The place that a cursor names. Raises BadCursor."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        moment, row, asked = json.loads(raw)
        at = parse_datetime(moment)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(pointer="#query/cursor") from error
    if (
        at is None
        or at.tzinfo is None
        or not isinstance(row, int)
        or not 0 <= row < 2**63
        or asked != question
    ):
        raise BadCursor(pointer="#query/cursor")
    return at, row
