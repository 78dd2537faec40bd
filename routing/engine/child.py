"""The far end of a search in a process of its own: a problem comes in, drafts go out as JSON lines.

Forked by routing.solver, or run by it as `python -m routing.engine.child`; dies with its parent and within
its memory ceiling.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import resource
import signal
import sys
import time
from typing import BinaryIO, TextIO

from ..params import Params
from ..problem import Act, Json, Problem, Sequence, acts_of
from . import load
from .crew import die_with_parent
from .interface import Draft

Task = tuple[str, Problem, Params, float]


def main() -> None:
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a solver prints must not look like a draft
    work(_task(sys.stdin.buffer), out, os.getppid())


def work(task: Task, out: TextIO, parent: int) -> None:
    """Engine, problem, parameters, and the moment of time.monotonic to be done: loading the solver counts."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    name, problem, params, end = task
    ceiling = params.memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))
    numbers = {act: number for number, act in enumerate(act for job in problem.jobs for act in acts_of(job))}

    def report(draft: Draft) -> None:
        out.write(json.dumps(as_json(draft, numbers), separators=(",", ":")) + "\n")

    engine = load(name)
    params = dataclasses.replace(params, seconds=max(0.05, end - time.monotonic()))
    report(engine.search(problem, params, report))  # engines leave out what follows closely on another
    out.write("end\n")
    out.flush()


def as_json(draft: Draft, numbers: dict[Act, int]) -> Json:
    """A draft in few words: acts by their number in the order of jobs, reloads by their place."""
    tours = [
        [sequence.vehicle, [act.location if act.kind == "reload" else numbers[act] for act in sequence.acts]]
        for sequence in draft.sequences
    ]
    return [tours, draft.iterations, draft.seconds]


def from_json(value: Json, acts: list[Act]) -> Draft:
    """What `as_json` wrote."""
    tours, iterations, seconds = value
    found = tuple(
        Sequence(
            vehicle,
            tuple(Act("", "reload", item) if isinstance(item, str) else acts[item] for item in done),
        )
        for vehicle, done in tours
    )
    return Draft(found, int(iterations), float(seconds))


def _task(source: BinaryIO) -> Task:
    task: Task = pickle.load(source)
    return task


if __name__ == "__main__":
    main()
