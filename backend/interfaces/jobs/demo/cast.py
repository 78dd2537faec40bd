"""Who can sign in to the demonstration. All are invented; one per role."""

from dataclasses import dataclass

from backend.parties.rules import Role


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
