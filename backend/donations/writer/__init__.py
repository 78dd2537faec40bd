"""The gift path: gifts that wait are admitted in arrival order and written in one batch.

`place_many` is the core and runs on the caller's connection; `submit` hands one gift to this process's
writer thread and waits for its answer, `submit_soon` does not wait.
"""

from backend.donations.writer.batch import Placed, place_many
from backend.donations.writer.thread import Busy, Said, submit, submit_soon

__all__ = ["Busy", "Placed", "Said", "place_many", "submit", "submit_soon"]
