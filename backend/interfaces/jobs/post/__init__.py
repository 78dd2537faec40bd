"""What the letters say. Built when they are sent, in the reader's language, out of what is true by then."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from backend.interfaces.jobs.post import donors, others
from backend.interfaces.jobs.post.page import render
from backend.notices.operations import Mail
from backend.notices.rules import LetterKind

if TYPE_CHECKING:
    from backend.notices.models import Letter

COMPOSERS: "dict[str, Callable[[Letter], Mail]]" = {
    **{kind.value: donors.compose for kind in donors.KINDS},
    LetterKind.COMING: others.coming,
    LetterKind.NOT_TODAY: others.not_today,
    LetterKind.ORDER: others.order,
    LetterKind.DISPUTED: others.disputed,
}


def compose(letter: "Letter") -> Mail:
    """The mail of one letter. Raises NothingToSay."""
    return COMPOSERS[letter.kind](letter)


__all__ = ["compose", "render"]
