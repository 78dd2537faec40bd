"""The window to the routing mathematics: ready shipments become a problem, its plan becomes routes."""
