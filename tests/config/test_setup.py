"""`make setup`: done once, quick when done, and one clear line for what stands in its way."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup() -> ModuleType:
    """The script as the machine's Python runs it: by its path, before anything is installed."""
    spec = importlib.util.spec_from_file_location("zs_setup", BASE_DIR / "backend/config/setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_nothing_but_the_standard_library() -> None:
    source = (BASE_DIR / "backend/config/setup.py").read_text()
    named = re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE)
    assert set(named) <= sys.stdlib_module_names


def test_uv_itself_is_checked_by_its_hashes(setup: ModuleType) -> None:
    pin = setup.pinned_uv((BASE_DIR / "requirements.txt").read_text())
    assert pin.startswith("uv==") and pin.count("--hash=sha256:") > 5 and "# via" not in pin


def test_requirements_name_no_index_and_pin_everything() -> None:
    text = (BASE_DIR / "requirements.txt").read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    for block in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip()):
        assert "==" in block and "--hash=sha256:" in block, block


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("error: failed to write: No space left on device (os error 28)", "The disk is full"),
        ("error: dns error: failed to lookup address information", "No package index answered"),
        ("error: Failed to fetch: `https://...`", "No package index answered"),
        ("OSError: [Errno 13] Permission denied: '/x/.venv'", "cannot be written"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "cannot be written"),
        ("one\n\ntwo\nthree\nfour", "failed: two / three / four"),
    ],
)
def test_what_stands_in_the_way_is_one_line(setup: ModuleType, words: str, line: str) -> None:
    told = setup.explain("installing packages", words)
    assert line in told and "\n" not in told


def test_an_old_python_looks_for_a_newer_one_and_else_says_what_to_install(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "OLDEST", (3, 99))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        setup.SetupError, match=r"Python 3\.11 or newer is needed, this is 3\.\d+.*apt install"
    ):
        setup.find_python()
    monkeypatch.setattr(setup, "OLDEST", (3, 11))
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3.11").write_text("#!/bin/sh\nexit 0\n")
    for path in tmp_path.iterdir():
        path.chmod(0o755)
    assert setup.find_python() == str(tmp_path / "python3.11")


def test_a_missing_ensurepip_names_its_package(setup: ModuleType, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) echo 3.12;; esac\n')
    python.chmod(0o755)
    with pytest.raises(setup.SetupError, match=r"apt install python3\.12-venv"):
        setup.need_ensurepip(str(python))


def test_without_a_home_the_cache_lies_in_the_checkout(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("UV_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "UV_CACHE_DIR" not in setup.environment()
    monkeypatch.setenv("HOME", "/nonexistent")
    assert setup.environment()["UV_CACHE_DIR"] == str(BASE_DIR / "var/cache/uv")
    monkeypatch.delenv("HOME")
    assert setup.environment()["UV_CACHE_DIR"] == str(BASE_DIR / "var/cache/uv")


def test_nothing_is_done_twice_and_everything_again_when_requirements_change(
    setup: ModuleType, tmp_path: Path
) -> None:
    pins, stamp = tmp_path / "requirements.txt", tmp_path / "stamp"
    pins.write_text("a==1")
    assert not setup.is_current(stamp, setup.digest([pins], "1"))
    stamp.write_text(setup.digest([pins], "1"))
    assert setup.is_current(stamp, setup.digest([pins], "1"))
    assert not setup.is_current(stamp, setup.digest([pins], "2"))
    pins.write_text("a==2")
    assert not setup.is_current(stamp, setup.digest([pins], "1"))


def test_a_read_only_checkout_is_one_clear_line(tmp_path: Path) -> None:
    """As a plain user in a clone of root's."""
    checkout = tmp_path / "checkout"
    (checkout / "backend/config").mkdir(parents=True)
    for name in ("backend/config/setup.py", "requirements.txt"):
        (checkout / name).write_bytes((BASE_DIR / name).read_bytes())
    checkout.chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    done = subprocess.run(
        ["/usr/bin/env", "python3", str(checkout / "backend/config/setup.py")],
        capture_output=True,
        text=True,
        check=False,
        user=65534 if os.getuid() == 0 else None,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"setup: .* cannot be written .* Clone it to a folder of your own\.\n", done.stderr
    ), done.stderr
