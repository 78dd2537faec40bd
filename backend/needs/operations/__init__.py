"""What is asked for: an appeal drafted with its needs, opened, closed."""

from backend.needs.operations.appeals import (
    AppealIncomplete,
    AppealTexts,
    CertificateExpired,
    NewNeed,
    draft_appeal,
    open_appeal,
)
from backend.needs.operations.standing import (
    AlreadySo,
    NoSuchAppeal,
    NoSuchLine,
    claim_open,
    close_appeal,
    free,
    mark_received,
    resume,
    stop_line,
)

__all__ = [
    "AlreadySo",
    "AppealIncomplete",
    "AppealTexts",
    "CertificateExpired",
    "NewNeed",
    "NoSuchAppeal",
    "NoSuchLine",
    "claim_open",
    "close_appeal",
    "draft_appeal",
    "free",
    "mark_received",
    "open_appeal",
    "resume",
    "stop_line",
]
