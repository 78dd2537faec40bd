"""The gift path: gifts that wait are admitted in arrival order and written in one batch.

`place_many` is the core and runs on the caller's connection; `submit` hands one gift to this process's
writer thread and waits for its answer.
"""

from backend.donations.writer.batch import Placed, place_many
from backend.donations.writer.thread import Busy, submit

__all__ = ["Busy", "Placed", "place_many", "submit"]
