"""A backup brings everything back, into an empty database only."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backend.config import backup
from backend.config.services.lines import ServiceError
from tests.backend.confirmations.stories import Road
from tests.cast import later

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def address(database: str) -> str:
    """Another database of the cluster that the tests use."""
    held = connection.settings_dict
    told = {"host": held["HOST"], "port": held["PORT"], "user": held["USER"], "password": held["PASSWORD"]}
    return make_conninfo(**{name: value for name, value in told.items() if value}, dbname=database)


@pytest.fixture
def empty() -> Iterator[str]:
    name = f"zs_restored_{os.getpid()}"
    with psycopg.connect(address("postgres"), autocommit=True) as maintenance:
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield address(name)
        maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def everything(url: str) -> dict[str, tuple[int, str]]:
    """Rows of every table with a hash over all of them, and where each sequence stands."""
    with psycopg.connect(url) as connected:
        kinds = connected.execute(
            "SELECT relname, relkind FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
        ).fetchall()
        asked = {
            "r": "SELECT count(*), md5(coalesce(string_agg(t::text, '\n' ORDER BY t::text), '')) FROM {} t",
            "S": "SELECT last_value, is_called::text FROM {}",
        }
        found = {}
        for name, kind in kinds:
            kind = kind.decode() if isinstance(kind, bytes) else kind
            row = connected.execute(sql.SQL(asked[kind]).format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = row
        return found


def test_every_row_every_number_and_every_photo_comes_back(empty: str, tmp_path: Path) -> None:
    road = Road((3, 4), boxes=2)
    road.count(5, client_uuid="phone-1", at=later(days=3))
    media = tmp_path / "here" / "media"
    (media / "a").mkdir(parents=True)
    (media / "a" / "blanket.jpg").write_bytes(b"\xff\xd8 photo")
    held = address(str(connection.settings_dict["NAME"]))
    was = everything(held)

    dump = backup.back_up(held, tmp_path / "backups", AT, media=media)
    backup.restore(empty, dump, into=tmp_path / "there")

    assert was["ledger_transfer"][0] > 0 and was["confirmations_confirmation"][0] == 1
    assert everything(empty) == was
    assert (tmp_path / "there/media/a/blanket.jpg").read_bytes() == b"\xff\xd8 photo"
    assert sorted(path.suffix for path in dump.parent.iterdir()) == [".dump", ".tar"]
    with pytest.raises(ServiceError, match="not empty; nothing was restored"):
        backup.restore(empty, dump)


def test_a_broken_dump_leaves_the_database_empty(empty: str, tmp_path: Path) -> None:
    held = address(str(connection.settings_dict["NAME"]))
    dump = backup.back_up(held, tmp_path, AT, media=tmp_path / "none")
    dump.write_bytes(dump.read_bytes()[:-100])  # the last tables are cut off, all were announced
    with pytest.raises(ServiceError, match="pg_restore"):
        backup.restore(empty, dump)
    assert everything(empty) == {}


def test_a_failed_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="pg_dump"):
        backup.back_up(address("zs_nobody_has_this"), tmp_path, AT, media=tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ServiceError, match="is not there"):
        backup.restore(address("postgres"), tmp_path / "zhisong.dump")
