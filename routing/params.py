"""What a search may use and how it begins: checked once, here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Params:
    """Limits and seed of one search.

    seconds: wall clock of the whole search. iterations: engine iterations, for a run that repeats; the
    seconds then only guard. cores: processes that search side by side. memory_mb: ceiling of a process that
    searches. engine: a name, or "" to choose by the problem. bound_seconds: what a tighter bound and prices per
    job may take beside the search (on one core of its time); 0 for the radial bound alone.
    """

    seconds: float = 10.0
    iterations: int | None = None
    seed: int = 0
    engine: str = ""
    cores: int = 1
    memory_mb: int = 3072
    bound_seconds: float = 0.0
    isolated: bool = True  # in a child process that can be killed

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 86_400:
            raise ValueError(f"seconds must be over 0 and at most a day, not {self.seconds}")
        if self.iterations is not None and self.iterations < 1:
            raise ValueError(f"iterations must be at least 1, not {self.iterations}")
        if not 1 <= self.cores <= 64:
            raise ValueError(f"cores must be between 1 and 64, not {self.cores}")
        if not 0 <= self.bound_seconds <= 86_400:
            raise ValueError(f"bound_seconds must be between 0 and a day, not {self.bound_seconds}")
        if self.memory_mb < 256:
            raise ValueError(f"memory_mb must be at least 256, not {self.memory_mb}")
