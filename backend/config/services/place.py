"""Where services keep their data and sockets, and as whom they run.

As root PostgreSQL refuses to start, so both run as `nobody`, from folders `nobody` can reach.
No permission of a folder that was there before is changed.
"""

import contextlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from backend.config.services.addresses import Addresses, addresses, addresses_in
from backend.config.services.children import Account
from backend.config.services.lines import ServiceError

FOR_ROOT = Path("/var/lib/zhisong")


@dataclass(frozen=True)
class Place:
    data: Path
    logs: Path
    at: Addresses
    account: Account | None

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"


def of_checkout(var_dir: Path) -> Place:
    """`var/`; as root in a checkout that `nobody` cannot reach, a folder of its own under /var/lib."""
    at = addresses(var_dir)
    who = account()
    data = FOR_ROOT / at.socket_dir.name if who and not reachable(var_dir) else var_dir
    return Place(data, var_dir / "log", at, who)


def in_folder(folder: Path) -> Place:
    """Data, logs and sockets of one test run in one short folder."""
    return Place(folder / "data", folder / "log", addresses_in(folder / "s"), account())


def account() -> Account | None:
    """`nobody` where we are root, else ourselves."""
    if os.getuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path) -> bool:
    """Whether anybody may walk down to `path`."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in [path, *path.parents] if part.exists())


def make_folders(place: Place) -> None:
    """Our folders: open ones to walk through, private ones for data and sockets."""
    try:
        place.logs.mkdir(parents=True, exist_ok=True)
        make_open(place.data)
        for folder in (place.postgres, place.valkey, place.at.socket_dir):
            make_private(folder, place.account)
    except OSError as error:
        raise ServiceError(
            f"{error.filename} cannot be written ({error.strerror}). Clone to a folder of your own."
        ) from error


def make_open(folder: Path) -> None:
    """Make it and its missing parents, so that anybody may walk through what we made."""
    for part in [*reversed(folder.parents), folder]:
        with contextlib.suppress(FileExistsError):
            part.mkdir()
            part.chmod(0o755)


def make_private(folder: Path, owner: Account | None) -> None:
    """Make it for its owner alone; one that is there already must be the owner's."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if owner:
            os.chown(folder, owner.uid, owner.gid)
    held = folder.lstat()
    if not stat.S_ISDIR(held.st_mode) or held.st_uid != (owner.uid if owner else os.getuid()):
        raise ServiceError(f"{folder} belongs to user {held.st_uid}. Remove it, then run it again.")
