"""The window to the routing mathematics: ready shipments become a problem, its plan becomes a draft."""

from backend.deliveries.planning.run import run_next

__all__ = ["run_next"]
