"""What every routing test may ask for."""

from __future__ import annotations

import pytest

from routing.problem import Problem
from tests.routing.county import pair, road


@pytest.fixture
def small() -> Problem:
    """Three pairs, one for each village, and a van that can do them all."""
    return road((pair("rice", "near"), pair("coats", "middle"), pair("books", "far")))
