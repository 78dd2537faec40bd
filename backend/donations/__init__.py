"""Gifts of money that join into whole units to buy."""
