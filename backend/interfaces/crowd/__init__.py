"""What stands before the doors when many come: kept pages, turns, a waiting room, limits. Knows paths, no door."""
