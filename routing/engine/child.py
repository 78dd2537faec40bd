"""The far end of a search in a process of its own: a pickled problem comes in, drafts go out as JSON lines.

Run by routing.solver as `python -m routing.engine.child`; dies with its parent and within its memory ceiling.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import os
import pickle
import resource
import signal
import sys
import time
from typing import BinaryIO

from ..params import Params
from ..problem import Json, Problem, encode
from . import load
from .interface import Draft

PR_SET_PDEATHSIG = 1


def main() -> None:
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which still wants the best
    name, problem, params, end = _task(sys.stdin.buffer)
    params = dataclasses.replace(params, seconds=max(0.05, end - time.time()))
    ceiling = params.memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a solver prints must not look like a draft

    def report(draft: Draft) -> None:
        out.write(json.dumps(as_json(draft), separators=(",", ":")) + "\n")

    load(name).search(problem, params, report)
    out.write("end\n")


def as_json(draft: Draft) -> Json:
    return {
        "sequences": [encode(sequence) for sequence in draft.sequences],
        "iterations": draft.iterations,
        "seconds": draft.seconds,
    }


def _task(source: BinaryIO) -> tuple[str, Problem, Params, float]:
    """Engine, problem, parameters, and the moment to be done: loading the solver is part of the limit."""
    name, problem, params, end = pickle.load(source)
    return name, problem, params, end


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
