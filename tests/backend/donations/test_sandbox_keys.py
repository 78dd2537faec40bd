"""The sandbox's seed is made once, also when the first two donors pay at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from backend.donations.payments.sandbox import keys


def test_threads_that_ask_at_once_get_one_seed(tmp_path: Path, settings: Any) -> None:
    for again in range(20):
        settings.VAR_DIR = tmp_path / f"{again}"
        together = Barrier(8)

        def ask(_: int, together: Barrier = together) -> str:
            together.wait()
            return keys._seed()

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(ask, range(8)))) == 1
        assert [path.name for path in settings.VAR_DIR.iterdir()] == ["sandbox_seed"]
