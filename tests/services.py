"""The services of one test run: PostgreSQL without fsync and Valkey, in a short folder that goes with the run."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from backend.config.services import pair, place, postgres
from backend.config.services.children import Child

PREFIX = "zhisong-test-"
VALKEY_NUMBERS = 64


@dataclass
class TestRun:
    __test__ = False
    folder: Path
    held: TextIOWrapper
    place: place.Place
    children: list[Child]

    @classmethod
    def start(cls, options: Mapping[str, str] = postgres.FOR_TESTS) -> "TestRun":
        """Raises ServiceError with one line where they cannot start."""
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        folder.chmod(0o755)
        held = (folder / "lock").open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
        where = place.in_folder(folder)
        return cls(folder, held, where, pair.start(where, options, VALKEY_NUMBERS))

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.place.at.database_url,
            "REDIS_URL": self.place.at.redis_url,
            "ZS_TEST_RUN": str(self.folder),
        }

    def stop(self) -> None:
        pair.stop(self.children)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.held.close()


def sweep() -> None:
    """Remove folders of runs that were killed: nobody holds their lock any more."""
    for folder in Path("/tmp").glob(f"{PREFIX}*"):
        if folder.stat().st_uid != os.getuid() or not (folder / "lock").exists():
            continue
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
