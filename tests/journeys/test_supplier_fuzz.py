"""A supplier's broken system: whatever its description allows and much that it forbids, sent over real HTTP.

`make fuzz` spends more on it; the plain suite sends a fixed sample.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.live import LiveStack

BASE_DIR = Path(__file__).resolve().parents[2]
BUDGET = int(os.environ.get("ZS_FUZZ", "1"))
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_supplier_api_answers_nonsense_as_its_description_says(
    live_stack: LiveStack, tmp_path: Path
) -> None:
    told = live_stack.command("load_demo")
    key = next(line.split("\t")[1] for line in told.splitlines() if "\t" in line)
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("run", str(BASE_DIR / "docs/openapi-supplier.json"), "--url", live_stack.url),
        *("--header", f"Authorization: Bearer {key}", "--checks", CHECKS, "--no-color"),
        *("--max-examples", str(10 * BUDGET), "--phases", "examples,coverage,fuzzing"),
        *(["--generation-deterministic", "--max-time", "25"] if BUDGET == 1 else ["--max-time", "600"]),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Tested: 12" in done.stdout, done.stdout[-2000:]
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
