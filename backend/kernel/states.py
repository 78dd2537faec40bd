"""State moves by conditional update and a look at the count."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, Self, TypeVar

from backend.kernel.errors import Conflicts

S = TypeVar("S", bound=StrEnum)


class _Updatable(Protocol):
    def filter(self, **conditions: Any) -> Self: ...

    def update(self, **values: Any) -> int: ...


class WrongState(Conflicts):
    """The thing is no longer in a state from which this can happen."""

    code = "wrong_state"


@dataclass(frozen=True)
class Transitions(Generic[S]):
    """The whole life of one status: from each state to which. The first state is where life begins."""

    name: str
    table: Mapping[S, frozenset[S]]

    @property
    def states(self) -> tuple[S, ...]:
        return tuple(self.table)

    @property
    def ends(self) -> frozenset[S]:
        return frozenset(state for state, to in self.table.items() if not to)

    def sources(self, to: S) -> list[S]:
        return [state for state, targets in self.table.items() if to in targets]

    def allows(self, frm: S, to: S) -> bool:
        return to in self.table[frm]


def move(
    rows: _Updatable, transitions: Transitions[S], *, to: S, field: str = "status", **values: Any
) -> int:
    """Move every row of `rows` that may go to `to`; return how many did."""
    return rows.filter(**{f"{field}__in": transitions.sources(to)}).update(**{field: to, **values})


def must_move(
    rows: _Updatable, transitions: Transitions[S], *, to: S, field: str = "status", **values: Any
) -> None:
    """Move one row or raise WrongState: somebody was faster, or it makes no sense."""
    if move(rows, transitions, to=to, field=field, **values) != 1:
        raise WrongState(f"{transitions.name} cannot become {to.value} now", to=to.value)
