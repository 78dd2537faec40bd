"""Child processes: in a group of their own, logged, stopped by their own signal, never orphaned."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """The user a child runs as where we are root."""

    uid: int
    gid: int


@dataclass
class Child:
    """One program under our eyes; `stop_with` ends it quickly and cleanly, `log` gets all it says."""

    name: str
    command: list[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    stop_with: signal.Signals = signal.SIGTERM
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it in a session of its own: the terminal's Ctrl-C reaches us alone, and we tell it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                # what it prints stands in the log at once
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
                preexec_fn=_die_with_parent(self.stop_with),
            )

    def run(self) -> int:
        """Start it and wait for its end; the answer is its return code."""
        self.start()
        assert self.process is not None
        return self.process.wait()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(self.stop_with)

    def stop(self, seconds: float = 10) -> None:
        """Ask, wait, then end what is left of its group."""
        self.ask_to_stop()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            self.sweep()

    def sweep(self) -> None:
        """End what a dead leader left in its group, so that its port and sockets are free again."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_words(self, lines: int = 3) -> str:
        """The end of its log, for the one line that explains a failure."""
        told = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return " / ".join(told[-lines:])


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> bool:
    """Whether `ready` became true while the child lived."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        if not child.running:
            return False
        time.sleep(0.03)
    return False


def _die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """A killed supervisor leaves nothing behind: the kernel tells its children."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def preexec() -> None:
        prctl(PR_SET_PDEATHSIG, int(with_signal))

    return preexec
