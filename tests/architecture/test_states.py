"""Every table of states: walked whole, and drawn in docs/states.md as it is."""

import importlib
from pathlib import Path

import pytest
from django.conf import settings

from backend.kernel.errors import Conflicts
from backend.kernel.states import Transitions, WrongState, move, must_move

TABLES = {
    f"{room.rsplit('.', 1)[1]}.{name}": value
    for room in settings.ROOMS
    if (Path(settings.BASE_DIR) / room.replace(".", "/") / "rules.py").exists()
    for name, value in vars(importlib.import_module(f"{room}.rules")).items()
    if isinstance(value, Transitions)
}


def drawing() -> str:
    """docs/states.md: one mermaid diagram a table."""
    parts = [
        "# States\n\nDrawn from the tables in each room's `rules.py` by `DJANGO_SETTINGS_MODULE=backend.config.settings python -m tests.architecture.test_states`.\n"
    ]
    for name, table in sorted(TABLES.items()):
        lines = [f"\n## {name}\n", "```mermaid", "stateDiagram-v2", f"    [*] --> {table.states[0].value}"]
        lines += [f"    {a.value} --> {b.value}" for a, to in table.table.items() for b in sorted(to)]
        lines += [f"    {state.value} --> [*]" for state in table.states if state in table.ends]
        parts.append("\n".join([*lines, "```\n"]))
    return "\n".join(parts)


class Rows:
    """A queryset of one row, in a dictionary."""

    def __init__(self, row: dict[str, str], found: bool = True) -> None:
        self.row, self.found = row, found

    def filter(self, **conditions: list[str]) -> "Rows":
        ((key, values),) = conditions.items()
        return Rows(self.row, self.row[key.removesuffix("__in")] in values)

    def update(self, **values: str) -> int:
        if self.found:
            self.row.update(values)
        return int(self.found)


PAIRS = [(name, a, b) for name, table in TABLES.items() for a in table.states for b in table.states]


@pytest.mark.parametrize(("name", "frm", "to"), PAIRS, ids=[f"{n}:{a}->{b}" for n, a, b in PAIRS])
def test_a_row_moves_only_where_its_table_says(name, frm, to) -> None:
    table, row = TABLES[name], {"status": frm}
    assert move(Rows(row), table, to=to) == int(table.allows(frm, to))
    assert row["status"] == (to if table.allows(frm, to) else frm)


@pytest.mark.parametrize("name", TABLES)
def test_every_state_can_be_reached_and_left_or_is_an_end(name: str) -> None:
    table = TABLES[name]
    reached, frontier = {table.states[0]}, [table.states[0]]
    while frontier:
        fresh = table.table[frontier.pop()] - reached
        reached |= fresh
        frontier.extend(fresh)
    assert reached == set(table.states) == set(type(table.states[0]))


def test_the_second_of_two_is_told() -> None:
    table, row = TABLES["donations.PAYMENT"], {"status": TABLES["donations.PAYMENT"].states[0]}
    must_move(Rows(row), table, to=table.states[1])
    with pytest.raises(WrongState) as refusal:
        must_move(Rows(row), table, to=table.states[1])
    assert isinstance(refusal.value, Conflicts) and refusal.value.code == "wrong_state"


def test_the_drawing_in_docs_is_up_to_date() -> None:
    assert (Path(settings.BASE_DIR) / "docs/states.md").read_text() == drawing()


if __name__ == "__main__":
    (Path(settings.BASE_DIR) / "docs/states.md").write_text(drawing())
