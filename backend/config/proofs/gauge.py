"""What grows: each process's own memory, and the rows and bytes of every table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KB = 1024

TABLES = """
SELECT c.relname, pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""


@dataclass(frozen=True)
class Reading:
    """At one moment: own memory (bytes) by process, and bytes by table, indexes included."""

    second: float
    memory: Mapping[str, int]
    tables: Mapping[str, int]


def own_memory(root: int) -> int:
    """Bytes that a process and all below it have for themselves alone, what they share among them once."""
    return sum(_anonymous(pid) for pid in below(root))


def below(root: int) -> list[int]:
    """`root` and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _fields(folder)):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def _fields(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _anonymous(pid: int) -> int:
    """The proportional share of memory that stands for no file and is no shared buffer."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KB for line in lines if line.startswith("Pss_Anon:")), 0)


def table_bytes() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return {str(name): int(size) for name, size in cursor.fetchall()}
