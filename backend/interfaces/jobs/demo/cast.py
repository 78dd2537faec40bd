"""Who can sign in to the demonstration: one person per role, and a keeper at every gate. All are invented."""

from dataclasses import dataclass

from backend.interfaces.jobs.demo.cut import rows
from backend.parties.rules import Role

OFFICES = {  # who keeps the gate, by the kind of recipient
    "primary": "总务老师",
    "middle": "总务老师",
    "nursery": "园务",
    "point": "教学点老师",
    "clinic": "药房",
    "village": "村委会值班室",
}


@dataclass(frozen=True)
class Character:
    """A demo user: seats are (role, code of the organisation in fixtures/)."""

    key: str
    name: str
    seats: tuple[tuple[Role, str], ...] = ()
    staff: bool = False

    @property
    def mail(self) -> str:
        return f"{self.key}@zhisong.invalid"


CAST = (
    Character("aming", "阿明（演示）"),
    Character(
        "zhou", "老周（演示）", tuple((Role.DESK, f"S{number}") for number in (3, 1, 2, 4, 5, 6, 7, 8))
    ),
    Character("tan", "小谭（演示）", ((Role.DISPATCH, "C1"), (Role.DISPATCH, "C2"))),
    Character("yang", "老杨（演示）", ((Role.COURIER, "C1"), (Role.COURIER, "C2"))),
    Character("wei", "韦老师（演示）", ((Role.KEEPER, "R01"),)),
    Character("cen", "岑女士（演示）", ((Role.OFFICER, "charity"),), staff=True),
)


def keepers() -> list[Character]:
    """The recipients without a person of ours: an office reads their letters, under no name."""
    kept = {code for who in CAST for role, code in who.seats if role is Role.KEEPER}
    return [
        Character(
            row["code"].lower(),
            f"{OFFICES[row['kind']]}·{row['name_zh'].partition('（')[2].rstrip('）')}（演示）",
            ((Role.KEEPER, row["code"]),),
        )
        for row in rows("recipients/recipients.csv")
        if row["code"] not in kept
    ]
