"""Letters that the journal asks for."""
