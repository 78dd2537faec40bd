"""The embedded services on bad days: killed, locked out, in the way of each other."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
import redis

from backend.config.services import lock, pair, place, postgres, valkey
from backend.config.services.addresses import addresses
from backend.config.services.children import Child, wait_until
from backend.config.services.lines import ServiceError
from backend.config.services.place import Place
from backend.config.services.ports import Ports, is_free
from tests.live import eventually

BASE_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def where() -> Iterator[Place]:
    """A short folder of its own, as a checkout has."""
    folder = Path(tempfile.mkdtemp(prefix="zhisong-t", dir="/tmp"))
    folder.chmod(0o755)
    yield place.in_folder(folder)
    shutil.rmtree(folder)


def up(where: Place) -> AbstractContextManager[list[Child]]:
    """Both services, without waiting for the disk."""
    return pair.running(where, postgres.FOR_TESTS)


def ask(where: Place, question: str) -> str:
    with psycopg.connect(where.at.database_url) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return str(row[0])


def test_data_outlive_a_clean_stop(where: Place) -> None:
    with up(where):
        with psycopg.connect(where.at.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        redis.from_url(where.at.redis_url).set("kept", "yes")
    with up(where):
        assert ask(where, "SELECT one FROM kept") == "1"
        assert redis.from_url(where.at.redis_url).get("kept") == b"yes"


def test_the_database_speaks_utf8_and_utc(where: Place) -> None:
    with up(where):
        assert ask(where, "SHOW server_encoding") == "UTF8"
        assert ask(where, "SELECT upper('é') || length('直送')") == "É2"
        assert ask(where, "SHOW timezone") == "UTC"


def test_a_demonstration_is_as_durable_as_a_deployment_and_tests_are_not(where: Place) -> None:
    asked = "SELECT string_agg(setting, ',' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
    with pair.running(where):
        assert ask(where, asked) == "on,on,on"
    with pair.running(where, postgres.FOR_TESTS):
        assert ask(where, asked) == "off,off,off"


def test_nobody_else_can_reach_them(where: Place) -> None:
    with up(where) as children:
        for folder in (where.postgres, where.valkey, where.at.socket_dir):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert ask(where, "SHOW listen_addresses") == ""
        assert redis.from_url(where.at.redis_url).config_get("port") == {"port": "0"}
        for child in children:
            assert child.process is not None
            if os.getuid() == 0:
                assert Path(f"/proc/{child.process.pid}").stat().st_uid == 65534


def test_an_open_connection_does_not_hold_up_the_stop(where: Place) -> None:
    children = pair.start(where, postgres.FOR_TESTS)
    connection = psycopg.connect(where.at.database_url)
    connection.execute("SELECT 1")
    pair.stop(children)
    assert children[0].process is not None and children[0].process.returncode == 0
    connection.close()


def test_killed_servers_leave_locks_that_heal(where: Place) -> None:
    children = pair.start(where, postgres.FOR_TESTS)
    for child in children:
        assert child.process is not None
        child.process.send_signal(signal.SIGKILL)
        child.process.wait()
    assert (where.postgres / "postmaster.pid").exists() and (where.at.socket_dir / "valkey.sock").exists()
    eventually(lambda: not _postgres_children(where))
    with up(where):
        assert ask(where, "SELECT 1") == "1"


def _postgres_children(where: Place) -> list[str]:
    told = subprocess.run(["pgrep", "-f", str(where.postgres)], capture_output=True, text=True, check=False)
    return told.stdout.split()


def test_a_lock_that_names_a_stranger_is_no_lock(where: Place) -> None:
    pair.stop(pair.start(where, postgres.FOR_TESTS))
    (where.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n{where.postgres}\n")
    with up(where):
        assert ask(where, "SELECT 1") == "1"


def test_servers_that_outlived_their_supervisor_are_ended_first(where: Place) -> None:
    old = pair.start(where, postgres.FOR_TESTS)
    new = pair.start(where, postgres.FOR_TESTS)
    try:
        assert all(child.process is not None and child.process.wait(5) is not None for child in old)
        assert ask(where, "SELECT 1") == "1"
    finally:
        pair.stop(new)


def test_a_killed_initdb_leaves_nothing_half_made(where: Place) -> None:
    place.make_folders(where)
    half = where.postgres.with_name("postgres.new")
    place.make_private(half, where.account)
    (half / "PG_VERSION").write_text("18\n")
    with up(where):
        assert ask(where, "SELECT 1") == "1"


def test_a_folder_of_somebody_else_is_one_clear_line(where: Place) -> None:
    where.at.socket_dir.mkdir()
    if os.getuid() == 0:
        os.chown(where.at.socket_dir, 12345, 12345)
    else:
        where.at.socket_dir.rmdir()
        where.at.socket_dir.symlink_to("/")
    with pytest.raises(ServiceError, match=r"belongs to user .* Remove it"):
        place.make_folders(where)


def test_data_of_another_postgresql_are_one_clear_line(where: Place) -> None:
    pair.stop(pair.start(where, postgres.FOR_TESTS))
    (where.postgres / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServiceError, match=r"written by PostgreSQL 14.*make reset"):
        postgres.child(where)


def test_two_checkouts_and_two_users_have_addresses_of_their_own(tmp_path: Path) -> None:
    assert addresses(tmp_path / "a") != addresses(tmp_path / "b")
    assert len(str(addresses(tmp_path / ("long" * 40)).socket_dir / ".s.PGSQL.5432")) < 107


def test_a_second_owner_of_a_checkout_is_told_of_the_first(tmp_path: Path) -> None:
    with (
        lock.alone(tmp_path),
        pytest.raises(ServiceError, match=rf"runs already \(process {os.getpid()}\)"),
        lock.alone(tmp_path),
    ):
        pass
    with lock.alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_one_clear_line() -> None:
    with (
        pytest.raises(ServiceError, match=r"cannot be written .* Clone to a folder of your own"),
        lock.alone(Path("/proc/none")),
    ):
        pass


def test_children_die_with_a_killed_supervisor(where: Place) -> None:
    """Nothing cleans up after kill -9: the kernel must tell the children."""
    program = f"""
        import sys, time
        from pathlib import Path
        from backend.config.services import pair, place, postgres
        children = pair.start(place.in_folder(Path({str(where.data.parent)!r})), postgres.FOR_TESTS)
        print(*[child.process.pid for child in children], flush=True)
        sys.stdin.read()
    """
    supervisor = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    pids = [int(pid) for pid in supervisor.stdout.readline().split()]
    assert len(pids) == 2 and all(_alive(pid) for pid in pids)
    supervisor.kill()
    supervisor.wait()
    eventually(lambda: not any(_alive(pid) for pid in pids), seconds=10)


def _alive(pid: int) -> bool:
    """Whether it runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_valkey_that_cannot_start_says_why(where: Place) -> None:
    place.make_folders(where)
    broken = Child("valkey", ["/bin/sh", "-c", "echo out of luck; exit 3"], where.logs / "valkey.log")
    broken.start()
    with pytest.raises(ServiceError, match="Valkey did not start: out of luck"):
        valkey.wait_for(where, broken)


def test_a_taken_port_is_passed_over() -> None:
    first = _free_port()
    with socket.create_server(("127.0.0.1", first)):
        assert not is_free(first)
        held = Ports.hold(first, 1)
        assert held.numbers[0] > first
        held.release()
    assert is_free(first)


def test_two_systems_that_start_at_the_same_moment_never_share_a_port() -> None:
    """Nobody listens yet when the second one looks."""
    first = Ports.hold(_free_port(), 2)
    second = Ports.hold(first.numbers[0], 2)
    assert len(second.numbers) == 2 and not set(first.numbers) & set(second.numbers)
    first.release()
    third = Ports.hold(first.numbers[0], 1)
    assert third.numbers == first.numbers[:1]
    second.release()
    third.release()


def _free_port() -> int:
    ports = Ports.hold(23_000 + os.getpid() % 1_000, 1)
    ports.release()
    return ports.numbers[0]


def test_waiting_ends_when_the_child_does(tmp_path: Path) -> None:
    child = Child("short", ["/bin/true"], tmp_path / "log")
    child.start()
    assert not wait_until(lambda: False, child, 10)
