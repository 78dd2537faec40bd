"""The cheapest walk through a network, where a visit may be repeated only once it is forgotten.

ng-routes after Baldacci, Mingozzi and Roberti (2011): every visit remembers the near ones that came before it.
A state is (step of the resource, bits fetched, visit, what is remembered); a table holds the least cost by
which a state is reached at a step or earlier. It is filled step by step, every step at once for all moves:
gather, add, least per target. Moves between visits that remember nothing of each other start from the best
state of the visit, so their number grows with the square of the visits, and only near ones with the memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .network import Network, Stay

FloatTable = NDArray[np.float64]
IntRow = NDArray[np.int64]
INF = np.inf
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Walk:
    """A relaxed route: what it costs, and how often it does each job (by number in the problem)."""

    cost: float
    seconds: float
    jobs: dict[int, int]
    visits: tuple[int, ...]  # nodes in order


@dataclass(slots=True)
class _Moves:
    """Moves between states, sorted by target."""

    source: IntRow
    cost: NDArray[np.float64]  # toll included
    bare: NDArray[np.float64]
    seconds: NDArray[np.float64]
    steps: IntRow
    target: IntRow  # one per group
    begins: IntRow  # where each group begins

    def group(self, state: int) -> slice:
        spot = int(np.searchsorted(self.target, state))
        if spot == len(self.target) or self.target[spot] != state:
            return slice(0, 0)
        end = int(self.begins[spot + 1]) if spot + 1 < len(self.begins) else len(self.source)
        return slice(int(self.begins[spot]), end)


class Walks:
    """Answers for one network, prices after prices. Memory: 8 bytes x states x steps."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._layout()
        self.moves, self.level = self._split(*self._all_moves())
        pad = int(self.moves.steps.max(initial=1))
        self._pad = pad
        self.table = np.full((pad + network.limit + 1, self.size), INF)
        self._base = (pad - self.moves.steps) * self.size + self.moves.source

    def _layout(self) -> None:
        """States: per bits fetched, the memories of every node; then, per bits and node, the best of them."""
        net = self.network
        self.nodes = net.visits + net.bits
        self.masks = 1 << net.bits
        sizes = [1 << (len(near) - 1) for near in net.near]
        self.offset = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self.width = int(self.offset[-1])
        self.best = self.masks * self.width  # where the best states begin
        self.size = self.best + self.masks * self.nodes
        self.node = np.tile(np.repeat(np.arange(self.nodes), sizes), self.masks)
        masks = np.arange(self.masks)[:, None]
        bits = np.array([*net.bit, *range(net.bits)], dtype=np.int64)
        # (masks, nodes): where one may be: at a visit once its goods are fetched, at a source fetching them
        self.at = (bits < 0) | (masks >> np.maximum(bits, 0) & 1).astype(bool)

    def _all_moves(self) -> tuple[IntRow, IntRow, IntRow, IntRow]:
        """(source, target, tail, head) of every move."""
        n = self.network.visits
        source, target, tail, head = self._near_moves()
        far_tail, far_head = np.nonzero(self._far)
        tails, heads = np.concatenate((tail, far_tail)), np.concatenate((head, far_head))
        parts: list[tuple[IntRow, IntRow, IntRow, IntRow]] = []
        for mask in range(self.masks):
            new = np.where(heads >= n, mask | 1 << np.maximum(heads - n, 0), mask)
            keep = self.at[mask][tails] & np.where(heads >= n, new != mask, self.at[mask][heads])
            begins = np.concatenate((source + mask * self.width, self.best + mask * self.nodes + far_tail))
            ends = np.concatenate((target, self.offset[far_head])) + new * self.width
            parts.append((begins[keep], ends[keep], tails[keep], heads[keep]))
        joined = [np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)]
        return joined[0], joined[1], joined[2], joined[3]

    def _near_moves(self) -> tuple[IntRow, IntRow, IntRow, IntRow]:
        """Moves between nodes that share memory, one per memory; `_far` is left with all others."""
        near, n = self.network.near, self.nodes
        reach = self.network.steps <= self.network.limit
        self._far = reach & ~np.eye(n, dtype=bool)
        keeps: list[set[int]] = [set() for _ in range(n)]  # who remembers this node
        for node, items in enumerate(near):
            for item in items:
                keeps[item].add(node)
        columns: list[tuple[IntRow, IntRow, int, int]] = []
        for tail in range(n):
            close = set().union(*(keeps[item] for item in near[tail])) | set(near[tail])
            for head in sorted(close - {tail}):
                if reach[tail, head]:
                    columns.append((*self._memories(tail, head), tail, head))
                self._far[tail, head] = False
        if not columns:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, empty, empty
        lengths = [len(column[0]) for column in columns]
        return (
            np.concatenate([column[0] for column in columns]),
            np.concatenate([column[1] for column in columns]),
            np.repeat([column[2] for column in columns], lengths),
            np.repeat([column[3] for column in columns], lengths),
        )

    def _memories(self, tail: int, head: int) -> tuple[IntRow, IntRow]:
        """Per memory of `tail` that has not `head`: the state left, and the state of `head` that it becomes."""
        near = self.network.near
        subsets = np.arange(1 << (len(near[tail]) - 1))
        position = {item: spot for spot, item in enumerate(near[head][1:])}
        kept = np.zeros(len(subsets), dtype=np.int64)
        if tail in position:
            kept |= 1 << position[tail]
        allowed = np.ones(len(subsets), dtype=bool)
        for spot, item in enumerate(near[tail][1:]):
            has = (subsets >> spot & 1).astype(bool)
            if item == head:
                allowed = ~has
            elif item in position:
                kept |= has.astype(np.int64) << position[item]
        return self.offset[tail] + subsets[allowed], self.offset[head] + kept[allowed]

    def _split(self, source: IntRow, target: IntRow, tail: IntRow, head: IntRow) -> tuple[_Moves, _Moves]:
        """Moves that take steps, and those that take none."""
        net, found = self.network, []
        steps = net.steps[tail, head]
        for chosen in (steps > 0) & (steps <= self.network.limit), steps == 0:
            order = np.flatnonzero(chosen)
            order = order[np.argsort(target[order], kind="stable")]
            targets, begins = np.unique(target[order], return_index=True)
            cost, seconds = net.cost[tail[order], head[order]], net.seconds[tail[order], head[order]]
            begins = begins.astype(np.int64)
            found.append(_Moves(source[order], cost.copy(), cost, seconds, steps[order], targets, begins))
        return found[0], found[1]

    def price(
        self, duals: NDArray[np.float64], toll: float, below: float, most: int
    ) -> tuple[float, list[Walk]]:
        """The least cost of a walk less what it earns, at these prices per job and this toll per second, and up to
        `most` walks under `below`."""
        self._toll = toll
        for moves in (self.moves, self.level):
            moves.cost = moves.bare + toll * moves.seconds
        self._fill(duals)
        costs, steps = self._endings()
        least = float(costs.min(initial=INF))
        walks = []
        for spot in np.argsort(costs, kind="stable")[:most]:
            if costs[spot] > below - EPSILON:
                break
            walk = self._walk(int(spot), int(steps[spot]), duals)
            if walk is not None:
                walks.append(walk)
        return least, walks

    def _fill(self, duals: NDArray[np.float64]) -> None:
        net, moves, table = self.network, self.moves, self.table
        flat = table.ravel()
        self._gain = self._gains(duals)
        values = np.empty(len(moves.source))
        starts = self._starts()
        zeros = len(np.unique(self.node[self.level.target]))
        always = bool(net.open.all())
        gain, closed = self._gain[0][self.node], np.zeros(self.best, dtype=bool)
        for step in range(net.limit + 1):
            row = table[self._pad + step]
            row[:] = table[self._pad + step - 1] if step else INF
            if len(self._gain) > 1:
                gain = self._gain[step][self.node]
            fresh = np.full(self.best, INF)
            if len(values):
                np.take(flat[step * self.size :], self._base, out=values)
                values += moves.cost
                fresh[moves.target] = np.minimum.reduceat(values, moves.begins)
            for state, cost, at in starts:
                if at <= step and cost < fresh[state]:
                    fresh[state] = cost
            fresh -= gain
            if not always:
                closed = ~net.open[step][self.node]
                fresh[closed] = INF
            np.minimum(row[: self.best], fresh, out=row[: self.best])
            self._bests(row)
            for _ in range(zeros):
                if not self._level_out(row, gain, closed):
                    break

    def _level_out(
        self, row: NDArray[np.float64], gain: NDArray[np.float64], closed: NDArray[np.bool_]
    ) -> bool:
        """Moves that take no step, once; whether anything became cheaper."""
        level = self.level
        found = np.minimum.reduceat(row[level.source] + level.cost, level.begins)
        found -= gain[level.target]
        found[closed[level.target]] = INF
        better = found < row[level.target] - 1e-9
        if not better.any():
            return False
        row[level.target[better]] = found[better]
        self._bests(row)
        return True

    def _bests(self, row: NDArray[np.float64]) -> None:
        states = row[: self.best].reshape(self.masks, self.width)
        row[self.best :] = np.minimum.reduceat(states, self.offset[:-1], axis=1).ravel()

    def _starts(self) -> list[tuple[int, float, int]]:
        """(state, cost, step) of every first node."""
        net, n = self.network, self.network.visits
        costs = net.base_cost + net.first_cost + self._toll * net.first_seconds
        found = []
        for node in range(self.nodes):
            mask = 1 << (node - n) if node >= n else 0
            if self.at[mask, node]:
                state = mask * self.width + int(self.offset[node])
                found.append((state, float(costs[node]), int(net.first_steps[node])))
        return found

    def _gains(self, duals: NDArray[np.float64]) -> FloatTable:
        """(steps or 1, nodes): what a visit earns. Where it is for one job alone that is done, whatever it earns."""
        net = self.network
        timed = any(stay.last < net.limit for stays in net.stays for stay in stays if len(stays) > 1)
        gains = np.zeros((net.limit + 1 if timed else 1, self.nodes))
        for node, stays in enumerate(net.stays):
            for stay in stays:
                worth = duals[stay.job] - stay.work_cost - self._toll * stay.work_seconds
                if worth > 0 or len(stays) == 1:
                    gains[: stay.last + 1 if timed else 1, node] += worth
        return gains

    def _serves(self, node: int, stay: Stay, step: int, duals: NDArray[np.float64]) -> bool:
        """Whether a visit at this step does the job."""
        worth = duals[stay.job] - stay.work_cost - self._toll * stay.work_seconds
        return len(self.network.stays[node]) == 1 or (step <= stay.last and worth > 0)

    def _endings(self) -> tuple[NDArray[np.float64], IntRow]:
        """Per best state: its cost at the end, and the step at which it must have been reached."""
        net, n = self.network, self.network.visits
        steps = np.tile(net.limit - net.last_steps, self.masks)
        states = self.best + np.arange(self.masks * self.nodes)
        last = net.last_cost + self._toll * net.last_seconds
        costs = self.table[self._pad + np.maximum(steps, 0), states] + np.tile(last, self.masks)
        costs[(steps < 0) | (np.tile(np.arange(self.nodes), self.masks) >= n)] = INF
        return costs, steps

    def _walk(self, spot: int, step: int, duals: NDArray[np.float64]) -> Walk | None:
        """Back from an ending to the start; None where it runs in a circle of moves that take no step."""
        net = self.network
        node = spot % self.nodes
        step = self._reached(self.best + spot, step)
        state = self._state_of(spot, step)
        cost, seconds = net.base_cost + float(net.last_cost[node]), float(net.last_seconds[node])
        jobs: dict[int, int] = {}
        visits: list[int] = []
        for _ in range(2 * net.limit + net.visits + net.bits + 2):
            node = int(self.node[state])
            visits.append(node)
            for stay in net.stays[node] if node < net.visits else ():
                if self._serves(node, stay, step, duals):
                    jobs[stay.job] = jobs.get(stay.job, 0) + 1
                    cost += stay.work_cost
                    seconds += stay.work_seconds
            before = self._before(state, step)
            if before is None:
                cost, seconds = cost + float(net.first_cost[node]), seconds + float(net.first_seconds[node])
                return Walk(cost, seconds, jobs, tuple(reversed(visits)))
            state, step, leg, lasts = before
            cost, seconds = cost + leg, seconds + lasts
        return None

    def _reached(self, state: int, step: int) -> int:
        """The first step at which a state was as cheap as it is at this one."""
        column = self.table[self._pad : self._pad + step + 1, state]
        return int(np.searchsorted(-column, -column[-1], side="left"))

    def _before(self, state: int, step: int) -> tuple[int, int, float, float] | None:
        """The state before, its step, the cost and seconds of the move; None at the first node."""
        gain = self._gain[min(step, len(self._gain) - 1)][int(self.node[state])]
        wanted = self.table[self._pad + step, state] + gain
        best: tuple[float, int, int, float, float] | None = None
        for moves in (self.moves, self.level):
            group = moves.group(state)
            at = self._pad + step - moves.steps[group]
            values = self.table[at, moves.source[group]] + moves.cost[group]
            if len(values):
                spot = int(np.argmin(values))
                if best is None or values[spot] < best[0]:
                    where = group.start + spot
                    best = (
                        float(values[spot]),
                        int(moves.source[where]),
                        step - int(moves.steps[where]),
                        float(moves.bare[where]),
                        float(moves.seconds[where]),
                    )
        if best is None or best[0] > wanted + EPSILON:
            return None
        source, at_step = best[1], self._reached(best[1], best[2])
        if source >= self.best:
            source = self._state_of(source - self.best, at_step)
        return source, at_step, best[3], best[4]

    def _state_of(self, spot: int, step: int) -> int:
        """The state behind a best one."""
        mask, node = divmod(spot, self.nodes)
        low, high = (mask * self.width + int(self.offset[node + end]) for end in (0, 1))
        return low + int(np.argmin(self.table[self._pad + step, low:high]))
