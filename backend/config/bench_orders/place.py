"""The operation without HTTP: `python -m backend.config.bench_orders.place PLAN.json` prints gifts a second.

Threads of one process, each a giver who gives again once answered: what the door's threads do, less the door.
"""

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def run(refs: list[str], price: int, givers: int, seconds: float) -> dict[str, float]:
    """Gifts a second and this process's microseconds of processor time for each."""
    from backend.donations.operations import DonorDetail, GiftLine, place

    donor = DonorDetail(name="阿明", mail="aming@example.org", message="冬天不冷")
    counts = [0] * givers
    end = time.monotonic() + seconds

    def giver(number: int) -> None:
        turn = number
        while time.monotonic() < end:
            line = GiftLine(refs[turn % len(refs)], 1, price)
            visitor = f"visitor:{os.getpid()}-{number}"
            place(
                client=visitor, key=f"k{turn}", lines=[line], donor=donor, actor=visitor, at=datetime.now(UTC)
            )
            turn += givers
            counts[number] += 1

    threads = [threading.Thread(target=giver, args=(number,)) for number in range(givers)]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return {"per_s": sum(counts) / took, "cpu_us": used / max(sum(counts), 1) * 1e6}


def main() -> None:
    import django

    django.setup()
    plan: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps(run(**plan)))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
