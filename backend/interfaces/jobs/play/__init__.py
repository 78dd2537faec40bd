"""Everybody but the donor, at a pace that a person can watch: `python -m backend play`."""
