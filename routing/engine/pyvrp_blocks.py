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


def shares(model: Model, parts: list[list[int]]) -> list[tuple[int, ...]]:
    """Vehicles of each kind for each part: by its share of the load, and half as many again."""
    loads = np.array(
        [np.sum([model.jobs[job].amount for job in part], axis=0) for part in parts], dtype=float
    )
    share = (loads / np.maximum(1, loads.sum(axis=0))).max(axis=1)
    counts = [len(members) for members in model.kinds]
    return [tuple(min(count, int(1.5 * count * part) + 1) for count in counts) for part in share]
