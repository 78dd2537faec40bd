"""What beat announces, and how often (seconds). A message only says «look now»: running one twice is harmless."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Announcement:
    task: str
    every: float


SCHEDULE: dict[str, Announcement] = {}
