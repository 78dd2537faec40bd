"""Parcels and the hands they pass through."""
