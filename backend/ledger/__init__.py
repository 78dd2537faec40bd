"""Money: double entry by construction."""
