"""`make setup`: the environment of this checkout, hash-checked, by the machine's own Python.

Runs before anything is installed, so it uses the standard library alone and words any older
Python can still read.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
VENV = BASE_DIR / ".venv"
OLDEST = (3, 11)
RECIPE = "1"  # raise when the steps below change, so that old stamps no longer count


class SetupError(Exception):
    """One line that says what is wrong and what to do."""


def find_python() -> str:
    """An interpreter that is new enough: ours, else the newest on the path that really starts."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    running = ".".join(str(part) for part in sys.version_info[:2])
    raise SetupError(
        f"Python 3.11 or newer is needed, this is {running}. Debian, Ubuntu: apt install python3.11-venv"
    )


def need_ensurepip(python: str) -> None:
    """Debian ships Python without `ensurepip`; say which package brings it."""
    if subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        raise SetupError(f"Python cannot make environments here. Run: apt install python{version}-venv")


def digest(paths: list[Path], *words: str) -> str:
    """What the environment was made from; equal digests mean nothing to do."""
    total = hashlib.sha256("\n".join(words).encode())
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def pinned_uv(requirements: str) -> str:
    """The lines of the requirements file that pin uv with its hashes."""
    found = re.search(r"^uv==[^\n]*(\n {4}--hash[^\n]*)+", requirements, re.MULTILINE)
    if not found:
        raise SetupError("requirements.txt does not pin uv. Run: git checkout requirements.txt")
    return found.group(0)


def run(step: str, command: list[str], env: dict[str, str]) -> None:
    """Run one step, showing it and its seconds; its words appear only where it fails."""
    shown = sys.stderr.isatty()
    print(f"setup: {step} ...", end="" if shown else "\n", file=sys.stderr, flush=True)
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=env, stdout=words, stderr=words, stdin=subprocess.DEVNULL
        )
        while process.poll() is None:
            time.sleep(0.1)
            if shown:
                print(
                    f"\rsetup: {step} ... {time.monotonic() - began:.0f} s",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
        if shown:
            print(file=sys.stderr)
        words.seek(0)
        if process.returncode:
            raise SetupError(explain(step, words.read()))


def explain(step: str, words: str) -> str:
    """What a person can do about a failed step, in one line."""
    if "No space left" in words or "Disk quota" in words:
        return f"The disk is full ({step}). Free about 2 GB in {BASE_DIR} and in the temp folder, then run it again."
    if re.search(
        r"dns error|resolve|Network is unreachable|onnect(ion)? (error|refused|timed out)|Failed to fetch",
        words,
    ):
        return f"No package index answered ({step}). Check the network or proxy, then run it again."
    if "Permission denied" in words or "Read-only file system" in words:
        return f"{BASE_DIR} cannot be written ({step}). Clone it to a folder of your own."
    told = [line.strip() for line in words.splitlines() if line.strip()]
    return f"{step} failed: {' / '.join(told[-3:])}"


def environment() -> dict[str, str]:
    """Our environment without another one's marks, with a cache that can be written."""
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"}
    }
    env.setdefault("UV_SYSTEM_CERTS", "true")  # a company's own certificates count, as they do for pip
    cache = Path(
        env.get("UV_CACHE_DIR") or env.get("XDG_CACHE_HOME") or Path(env.get("HOME") or "/nonexistent")
    )
    if not os.access(cache, os.W_OK) and not cache.is_relative_to(BASE_DIR):
        env["UV_CACHE_DIR"] = str(BASE_DIR / "var" / "cache" / "uv")
        env["PIP_NO_CACHE_DIR"] = "1"
    return env


def make_venv(env: dict[str, str]) -> None:
    """A working `.venv` with the pinned uv in it; what a killed run left half done is made again."""
    python = VENV / "bin" / "python"
    works = (
        python.exists()
        and not subprocess.run([python, "-m", "uv", "--version"], capture_output=True, check=False).returncode
    )
    if works:
        return
    base = find_python()
    need_ensurepip(base)
    run("making .venv", [base, "-m", "venv", "--clear", str(VENV)], env)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pin:
        pin.write(pinned_uv((BASE_DIR / "requirements.txt").read_text()))
        pin.flush()
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "-r",
            pin.name,
        ]
        run("installing uv", install, env)


def install_packages(env: dict[str, str]) -> None:
    """Exactly the pinned packages, each checked by its hash."""
    stamp = VENV / "zhisong.stamp"
    wanted = digest([BASE_DIR / "requirements.txt"], RECIPE, str(BASE_DIR), find_python())
    if is_current(stamp, wanted) and (VENV / "bin" / "python").exists():
        return
    make_venv(env)
    python = str(VENV / "bin" / "python")
    sync = [python, "-m", "uv", "pip", "sync", "--python", python, "--require-hashes", "requirements.txt"]
    run("installing packages", sync, env)
    stamp.write_text(wanted)


def compile_translations(env: dict[str, str]) -> None:
    """The .mo catalogues, again only when a .po file changed."""
    catalogues = sorted((BASE_DIR / "backend").rglob("*.po"))
    if not catalogues:
        return
    stamp = VENV / "zhisong-words.stamp"
    built = all(path.with_suffix(".mo").exists() for path in catalogues)
    wanted = digest(catalogues, *(str(path) for path in catalogues))
    if built and is_current(stamp, wanted):
        return
    command = [str(VENV / "bin" / "python"), "-m", "backend", "translations", "--compile"]
    run("compiling translations", command, env)
    stamp.write_text(wanted)


def set_up() -> None:
    """Everything, once; two callers at the same time wait for each other."""
    folder = BASE_DIR / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        env = environment()
        install_packages(env)
        compile_translations(env)


def main() -> int:
    try:
        set_up()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: stopped; the next run goes on from here", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"setup: {explain('preparing', str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
