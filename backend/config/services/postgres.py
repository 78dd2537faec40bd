"""PostgreSQL as our child, on a unix socket only."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from backend.config.services.binaries import postgres_folder
from backend.config.services.children import Child, wait_until
from backend.config.services.lines import ServiceError
from backend.config.services.place import Place, make_private

INITDB = [
    "--username=zhisong",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]
# A crowd writes the usual gigabyte within minutes, and gifts wait for the checkpoint that it asks for; they wait
# as well for each new 16 MB of log to be filled with zeros.
DURABLE = {"max_connections": "100", "max_wal_size": "4GB", "wal_init_zero": "off"}
FOR_TESTS = {
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def child(place: Place, options: Mapping[str, str] = DURABLE) -> Child:
    """The server, its data folder prepared and healed; SIGINT ends it without waiting for clients."""
    programs = postgres_folder(place)
    _prepare(place, programs, ["--no-sync"] if options.get("fsync") == "off" else [])
    _heal(place.postgres)
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.at.socket_dir),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **options,
    }
    flags = [flag for name, value in chosen.items() for flag in ("-c", f"{name}={value}")]
    return Child(
        "postgres",
        [str(programs / "postgres"), "-D", str(place.postgres), *flags],
        place.logs / "postgres.log",
        cwd=place.postgres,
        account=place.account,
        stop_with=signal.SIGINT,
    )


def wait_for(place: Place, server: Child, seconds: float = 60) -> None:
    """Return once it takes connections and our database is there."""
    if not wait_until(lambda: answers(place), server, seconds):
        raise ServiceError(f"PostgreSQL did not start: {server.last_words()} (all of it: {server.log})")
    create_database(place, "zhisong")


def create_database(place: Place, name: str) -> None:
    """Make the database unless it is there."""
    with (
        psycopg.connect(_maintenance(place), autocommit=True) as connection,
        contextlib.suppress(psycopg.errors.DuplicateDatabase),
    ):
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def _maintenance(place: Place) -> str:
    return make_conninfo(host=str(place.at.socket_dir), user="zhisong", dbname="postgres")


def answers(place: Place) -> bool:
    """Whether it takes connections: its socket is there already while it recovers."""
    try:
        psycopg.connect(_maintenance(place)).close()
    except psycopg.OperationalError:
        return False
    return True


def _prepare(place: Place, programs: Path, more: list[str]) -> None:
    """initdb in a folder beside it, renamed when whole: a killed start leaves nothing half made."""
    if (place.postgres / "PG_VERSION").exists():
        _same_version(place.postgres, programs)
        return
    draft = place.postgres.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, place.account)
    command = [str(programs / "initdb"), "-D", str(draft), *INITDB, *more]
    maker = Child(
        "initdb", command, place.logs / "initdb.log", {"LC_ALL": "C"}, cwd=draft, account=place.account
    )
    if maker.run():
        raise ServiceError(f"PostgreSQL could not be prepared in {draft}: {maker.last_words()}")
    draft.replace(place.postgres)


def _same_version(data: Path, programs: Path) -> None:
    told = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    wrote = (data / "PG_VERSION").read_text().strip()
    if f" {wrote}." not in told:
        raise ServiceError(
            f"{data} was written by PostgreSQL {wrote}, here is {told.strip()}. Run: make reset"
        )


def _heal(data: Path) -> None:
    """End a server of this folder that outlived its supervisor; drop the lock of a killed one."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    first = lock.read_text().split("\n", 1)[0].strip()
    if first.isdigit() and _runs_on(int(first), data):
        end(int(first))
    lock.unlink(missing_ok=True)


def _runs_on(pid: int, data: Path) -> bool:
    """Whether this process is a server with our folder in its command."""
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def end(pid: int, seconds: float = 10) -> None:
    """Stop a server that is not our child, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        held = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(held, signal.SIGINT)
            select.select([held], [], [], seconds)
        finally:
            os.close(held)
