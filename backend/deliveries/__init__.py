"""Plans, routes, stops and drops."""
