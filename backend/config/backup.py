"""`make backup`: the database and the photos of this checkout as two files, restorable by `restore FILE`."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backend.config.services import lock, pair, place
from backend.config.services.addresses import addresses
from backend.config.services.binaries import postgres_folder
from backend.config.services.lines import ServiceError, say
from backend.config.services.postgres import answers

VAR_DIR = Path(__file__).resolve().parents[2] / "var"


@contextmanager
def database() -> Iterator[str]:
    """The address of the database: the one named, the one that runs, or ours started for this block."""
    where = place.of_checkout(VAR_DIR)
    if named := os.environ.get("DATABASE_URL"):
        yield named
    elif answers(where):
        yield addresses(VAR_DIR).database_url
    else:
        with lock.alone(VAR_DIR), pair.running(where):
            yield addresses(VAR_DIR).database_url


def back_up(url: str, folder: Path, at: datetime) -> Path:
    """Write FOLDER/zhisong-TIME.dump and, where photos exist, .media.tar beside it; each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"zhisong-{at:%Y%m%dT%H%M%SZ}.dump"
    draft = target.with_suffix(".part")
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={draft}", f"--dbname={url}")
    draft.replace(target)
    media = VAR_DIR / "media"
    if media.is_dir():
        with tarfile.open(target.with_suffix(".media.tar"), "w") as tar:
            tar.add(media, "media")
    return target


def restore(url: str, dump: Path) -> None:
    """Fill an empty database from a dump, all or nothing."""
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(dump))


def _run(program: str, *arguments: str) -> None:
    folder = postgres_folder(place.of_checkout(VAR_DIR))
    done = subprocess.run([str(folder / program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"{program}: {done.stderr.strip().splitlines()[-1]}")


def main(arguments: list[str]) -> int:
    try:
        with database() as url:
            if arguments[:1] == ["restore"]:
                restore(url, Path(arguments[1]))
                say("backup", f"{arguments[1]} is restored")
            else:
                target = back_up(url, VAR_DIR / "backups", datetime.now(UTC))
                say("backup", f"{target} ({target.stat().st_size // 1024} kB)")
    except ServiceError as error:
        say("backup", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
