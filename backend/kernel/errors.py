"""How an operation refuses: named failures with a code, mapped to HTTP once per door."""

from typing import ClassVar


class Refused(Exception):
    """An operation did not happen; nothing was changed.

    `code` is stable and public, the message says what to do, `pointer` names the field (JSON pointer).
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str = "", *, pointer: str = "", **details: object) -> None:
        super().__init__(message or self.__class__.__doc__ or self.code)
        self.pointer = pointer
        self.details = details


class Malformed(Refused):
    """The request makes no sense as it stands: mend the named field."""

    code = "malformed"


class NotAllowed(Refused):
    """This actor may not do this."""

    code = "not_allowed"


class Missing(Refused):
    """There is no such thing, or it is not yours to see."""

    code = "missing"


class Conflicts(Refused):
    """The world moved on: look again, then decide."""

    code = "conflicts"


class Exhausted(Conflicts):
    """Fewer are left than were asked for."""

    code = "exhausted"
