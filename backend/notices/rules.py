"""Which letter is due for which fact."""

from enum import StrEnum

from backend.kernel.states import Transitions


class LetterState(StrEnum):
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


LETTER = Transitions(
    "letter",
    {
        LetterState.DUE: frozenset({LetterState.SENT, LetterState.FAILED}),
        LetterState.SENT: frozenset(),
        LetterState.FAILED: frozenset({LetterState.DUE}),
    },
)
