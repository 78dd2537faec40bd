"""`make backup`: the database and the photos of this checkout as two files; `make restore FILE=…` brings them back.

The secret key is in neither: whoever holds a backup cannot sign links, and links in letters open again only
where `var/secret_key` (ZS_SECRET_KEY in a deployment) is the same.
"""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from backend.config.services import lock, pair, place
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
        yield where.at.database_url
    else:
        with lock.alone(VAR_DIR), pair.running(where):
            yield where.at.database_url


def photos_of(dump: Path) -> Path:
    return dump.with_suffix(".media.tar")


def back_up(url: str, folder: Path, at: datetime, *, media: Path = VAR_DIR / "media") -> Path:
    """Write FOLDER/zhisong-TIME.dump and, where photos exist, .media.tar beside it; each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    dump = folder / f"zhisong-{at:%Y%m%dT%H%M%SZ}.dump"
    draft = dump.with_suffix(".part")
    try:
        if media.is_dir():
            with tarfile.open(draft, "w") as tar:
                tar.add(media, "media")
            draft.replace(photos_of(dump))
        _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={draft}")
        draft.replace(dump)
    finally:
        draft.unlink(missing_ok=True)
    return dump


def restore(url: str, dump: Path, *, into: Path = VAR_DIR) -> None:
    """Fill an empty database from a dump, all or nothing, then put its photos under INTO/media.

    Raises ServiceError where the dump is not there or anything is in the database already.
    """
    if not dump.is_file():
        raise ServiceError(f"{dump} is not there. Backups lie in {VAR_DIR / 'backups'}.")
    with psycopg.connect(url) as connection:
        full = connection.execute(
            "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1"
        ).fetchone()
    if full:
        raise ServiceError(
            "The database is not empty; nothing was restored. Stop the demo and run make reset, or name an empty one."
        )
    _run(url, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(dump))
    if photos_of(dump).is_file():
        with tarfile.open(photos_of(dump)) as tar:
            tar.extractall(into, filter="data")


def _run(url: str, program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs; the password goes by the environment, where `ps` does not show it."""
    where = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    secret = {"PGPASSWORD": where.pop("password")} if "password" in where else {}
    command = [
        str(postgres_folder(place.of_checkout(VAR_DIR)) / program),
        f"--dbname={make_conninfo(**where)}",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **secret})
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise ServiceError(f"{program}: {told[-1] if told else f'ended with {done.returncode}'}")


def main(arguments: list[str]) -> int:
    try:
        if arguments[:1] == ["restore"] and len(arguments) != 2:
            raise ServiceError("Say which: make restore FILE=var/backups/zhisong-….dump")
        with database() as url:
            if arguments[:1] == ["restore"]:
                restore(url, Path(arguments[1]))
                say("backup", f"{arguments[1]} is restored")
            else:
                dump = back_up(url, VAR_DIR / "backups", datetime.now(UTC))
                say("backup", f"{dump} ({dump.stat().st_size // 1024} kB)")
                say("backup", f"The secret key is not in it: keep {VAR_DIR / 'secret_key'} elsewhere.")
    except (ServiceError, OSError, tarfile.TarError, psycopg.Error) as error:
        say("backup", " ".join(str(error).split()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
