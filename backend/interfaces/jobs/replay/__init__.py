"""A real order stream pushed through the public doors, and the account of what became of it."""
