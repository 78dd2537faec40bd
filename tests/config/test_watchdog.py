"""A run that is killed leaves nothing behind, not even what will not stop."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.live import BASE_DIR, eventually

RUN = """
    import sys
    from pathlib import Path
    from backend.config.services.children import Child
    from tests import watchdog
    folder = Path(sys.argv[1])
    watchdog.start(folder, grace=0.2)
    deaf = ["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]
    child = Child("worker", deaf, folder / "log", {"ZS_VAR_DIR": str(folder)})
    child.start()
    while not child.log.read_text():
        pass
    print(child.process.pid, flush=True)
    sys.stdin.read()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_a_deaf_child_of_a_killed_run_is_ended_and_nobody_else(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(RUN), str(tmp_path)]
    environment = {**os.environ, "ZS_VAR_DIR": f"{tmp_path}-another"}
    stranger = subprocess.Popen(["sleep", "60"], env=environment)
    run = subprocess.Popen(command, cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    deaf = int(run.stdout.readline())
    assert alive(deaf)
    run.kill()
    run.wait()
    eventually(lambda: not alive(deaf))
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
