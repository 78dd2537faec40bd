"""Neighbouring jobs in blocks, for a first plan of more stops than one search can hold."""

from __future__ import annotations

import numpy as np

from .pyvrp_model import Model
from .pyvrp_standing import FloatTable


def blocks(model: Model, where: FloatTable, size: int) -> list[list[int]]:
    """The jobs halved along the longer side of where they lie, until no half has more than `size` acts."""
    spots = np.array([where[model.node_of[list(acts)]].mean(axis=0) for acts in model.acts_of_job])
    done: list[list[int]] = []
    open_ = [np.arange(len(model.jobs))]
    while open_:
        jobs = open_.pop()
        acts = sum(len(model.acts_of_job[job]) for job in jobs)
        if acts <= size or len(jobs) == 1:
            done.append(jobs.tolist())
            continue
        side = int(np.ptp(spots[jobs], axis=0).argmax())
        order = jobs[np.argsort(spots[jobs, side], kind="stable")]
        open_ += [order[: len(order) // 2], order[len(order) // 2 :]]
    return done


def shares(model: Model, parts: list[list[int]]) -> list[float]:
    """How much of the load each part is, in the dimension where that is most."""
    loads = np.array(
        [np.sum([model.jobs[job].amount for job in part], axis=0) for part in parts], dtype=float
    )
    most: list[float] = (loads / np.maximum(1, loads.sum(axis=0))).max(axis=1).tolist()
    return most


def available(idle: list[int], share: float, rest: float) -> tuple[int, ...]:
    """Vehicles of each kind for a part: of the idle ones its share of what is still to be planned, and half as
    many again. Parts all prefer the cheap kinds: what one takes the next cannot have.
    """
    part = 1.5 * share / max(rest, 1e-9)
    return tuple(min(count, int(count * part) + 1) for count in idle)
