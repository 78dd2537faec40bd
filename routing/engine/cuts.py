"""Least cuts in networks, through OR-Tools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

SCALE = 1_000_000
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Cut:
    """The arcs of one network with capacities; asked for least cuts between many pairs of nodes."""

    def __init__(self, nodes: int, tails: Ints, heads: Ints, capacities: Floats) -> None:
        """Arcs of no capacity may be left out."""
        self._flow = max_flow.SimpleMaxFlow()
        self._flow.add_arc_with_capacity(nodes - 1, 0, 0)  # so that nodes without arcs are known
        scaled = np.rint(capacities * SCALE).astype(np.int64)
        self._flow.add_arcs_with_capacity(tails, heads, scaled)

    def least(self, source: int, sink: int) -> tuple[float, list[int]] | None:
        """The least capacity between the two, and the nodes on the side of the sink."""
        if self._flow.solve(source, sink) != self._flow.OPTIMAL:
            return None
        return self._flow.optimal_flow() / SCALE, list(self._flow.get_sink_side_min_cut())
