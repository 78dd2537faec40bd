"""What is asked for: an appeal drafted with its needs, opened, closed."""

from backend.needs.operations.appeals import (
    AppealIncomplete,
    AppealTexts,
    CertificateExpired,
    NewNeed,
    draft_appeal,
    open_appeal,
)

__all__ = [
    "AppealIncomplete",
    "AppealTexts",
    "CertificateExpired",
    "NewNeed",
    "draft_appeal",
    "open_appeal",
]
