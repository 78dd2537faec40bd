"""Linear programs through GLOP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.linear_solver import pywraplp

INFINITY = float("inf")
WAYS = tuple(
    f"use_preprocessing: {anew} use_dual_simplex: {dual}"
    for anew, dual in (("false", "false"), ("false", "true"), ("true", "false"), ("true", "true"))
)


@dataclass(slots=True)
class Program:
    """Minimise the cost of variables within bounds, under rows low <= sum <= high."""

    costs: list[float] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)
    rows: list[tuple[float, float, Mapping[int, float]]] = field(default_factory=list)

    def variable(self, cost: float = 0.0, low: float = 0.0, high: float = INFINITY) -> int:
        """A new variable; returns its number."""
        self.costs.append(cost)
        self.limits.append((low, high))
        return len(self.costs) - 1

    def at_least(self, low: float, terms: Mapping[int, float]) -> None:
        self.rows.append((low, INFINITY, terms))

    def equal(self, value: float, terms: Mapping[int, float]) -> None:
        self.rows.append((value, value, terms))

    def minimum(self, seconds: float) -> float | None:
        """The least cost, or None where there is none or the time is up."""
        for preprocess in ("true", "false"):  # its preprocessing gives up on some programs that it can solve
            found = self._solve(seconds, f"use_preprocessing: {preprocess}")
            if found is not None:
                return found
        return None

    def _solve(self, seconds: float, parameters: str) -> float | None:
        solver = pywraplp.Solver.CreateSolver("GLOP")
        solver.SetSolverSpecificParametersAsString(parameters)
        solver.SetTimeLimit(max(1, int(seconds * 1000)))
        variables = [solver.NumVar(low, high, "") for low, high in self.limits]
        for low, high, terms in self.rows:
            row = solver.Constraint(low, high)
            for number, factor in terms.items():
                row.SetCoefficient(variables[number], factor)
        goal = solver.Objective()
        for variable, cost in zip(variables, self.costs, strict=True):
            goal.SetCoefficient(variable, cost)
        goal.SetMinimization()
        return float(goal.Value()) if solver.Solve() == pywraplp.Solver.OPTIMAL else None


class Master:
    """A program that grows by columns and is solved again and again."""

    def __init__(self, limits: list[tuple[float, float]]) -> None:
        """Rows by the least and the most that they want."""
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._rows = [self._solver.Constraint(low, high) for low, high in limits]
        self._goal = self._solver.Objective()
        self._goal.SetMinimization()
        self._columns: list[pywraplp.Variable] = []

    def column(self, cost: float, terms: Mapping[int, float]) -> int:
        """A new column, used 0 times or more; returns its number."""
        column = self._solver.NumVar(0.0, INFINITY, "")
        for row, factor in terms.items():
            self._rows[row].SetCoefficient(column, factor)
        self._goal.SetCoefficient(column, cost)
        self._columns.append(column)
        return len(self._columns) - 1

    def reprice(self, column: int, cost: float) -> None:
        self._goal.SetCoefficient(self._columns[column], cost)

    def drop(self, column: int) -> None:
        """Never used again."""
        self._columns[column].SetUb(0.0)

    def solve(self, seconds: float) -> tuple[float, list[float]] | None:
        """The least cost and a dual per row; None where the time is up."""
        end = time.monotonic() + seconds
        for parameters in WAYS:
            left = end - time.monotonic()
            if left <= 0:
                break
            # Without preprocessing a solve begins where the last one ended; where that goes astray, anew.
            self._solver.SetSolverSpecificParametersAsString(parameters)
            self._solver.SetTimeLimit(max(1, int(left * 1000)))
            if self._solver.Solve() == pywraplp.Solver.OPTIMAL:
                return float(self._goal.Value()), [float(row.dual_value()) for row in self._rows]
        return None

    def used(self) -> list[float]:
        """How often each column is used in the last solution."""
        return [float(column.solution_value()) for column in self._columns]


class Growing:
    """A program that grows by rows and is solved again and again."""

    def __init__(self, costs: Sequence[float], highs: Sequence[float]) -> None:
        """Variables from 0 to their highs."""
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._variables = [self._solver.NumVar(0.0, high, "") for high in highs]
        goal = self._solver.Objective()
        for variable, cost in zip(self._variables, costs, strict=True):
            goal.SetCoefficient(variable, cost)
        goal.SetMinimization()
        self._rows: list[pywraplp.Constraint] = []

    def row(self, low: float, high: float, variables: Iterable[int], factors: Iterable[float]) -> int:
        """low <= sum <= high, each variable named once; the number of the row."""
        row = self._solver.Constraint(low, high)
        for variable, factor in zip(variables, factors, strict=True):
            row.SetCoefficient(self._variables[variable], factor)
        self._rows.append(row)
        return len(self._rows) - 1

    def solve(self, seconds: float) -> float | None:
        """The least cost; INFINITY where nothing fits, None where the time is up."""
        end = time.monotonic() + seconds
        for anew in ("false", "true"):
            # Rows that are added leave the last basis dual feasible.
            self._solver.SetSolverSpecificParametersAsString(
                f"use_preprocessing: {anew} use_dual_simplex: true"
            )
            self._solver.SetTimeLimit(max(1, int(1000 * (end - time.monotonic()))))
            answer = self._solver.Solve()
            if answer == pywraplp.Solver.OPTIMAL:
                return float(self._solver.Objective().Value())
            if answer == pywraplp.Solver.INFEASIBLE:
                return INFINITY
            if time.monotonic() >= end:
                break
        return None

    def limit(self, variable: int, low: float, high: float) -> None:
        self._variables[variable].SetBounds(low, high)

    def values(self) -> list[float]:
        return [float(variable.solution_value()) for variable in self._variables]

    def dual(self, row: int) -> float:
        return float(self._rows[row].dual_value())
