"""A plain CVRP of any size, and a search of it by counts."""

from __future__ import annotations

from routing.problem import Problem
from routing.read import problem_text
from routing.solver import Params

QUICK = Params(seconds=30, iterations=400, seed=1, isolated=False, engine="pyvrp")


def town(customers: int = 40, vehicles: int = 12, capacity: int = 60) -> Problem:
    """A plain CVRP: customers in a spiral, ten of load each."""
    spots = [(500, 500)] + [(37 * n % 1000, 91 * n * n % 1000) for n in range(1, customers)]
    nodes = "\n".join(f"{n} {x} {y}" for n, (x, y) in enumerate(spots, 1))
    loads = "\n".join(f"{n} {0 if n == 1 else 10}" for n in range(1, customers + 1))
    return problem_text(
        f"NAME : town\nTYPE : CVRP\nDIMENSION : {customers}\nVEHICLES : {vehicles}\nEDGE_WEIGHT_TYPE : EUC_2D\n"
        f"CAPACITY : {capacity}\nNODE_COORD_SECTION\n{nodes}\nDEMAND_SECTION\n{loads}\n"
        "DEPOT_SECTION\n1\n-1\nEOF\n".encode()
    )
