"""What the recipient counted."""
