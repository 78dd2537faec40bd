"""Fulfilment orders: who supplies what."""
