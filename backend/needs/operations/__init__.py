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
    NoSuchLine,
    claim_open,
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
    "NoSuchLine",
    "claim_open",
    "draft_appeal",
    "free",
    "mark_received",
    "open_appeal",
    "resume",
    "stop_line",
]
