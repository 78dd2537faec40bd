"""Fold facts into the donor's story: arithmetic without Django."""
