"""Whole columns as the text of one array: what goes in comes out of the database."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.db import listed, numbers, texts

pytestmark = pytest.mark.django_db
LETTERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def back(array: str, kind: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [array])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "column",
    [
        [],
        [""],
        ["NULL", "null", ""],
        ['"', "\\", '\\"', "\\\\", ",", "{", "}", "{a,b}"],
        [" a ", "\n\t\r", "直送"],
    ],
)
def test_texts_come_back_as_they_were(column: list[str]) -> None:
    assert back(texts(column), "text") == column


def test_any_text_comes_back() -> None:
    @given(st.lists(LETTERS, max_size=5))
    def comes_back(column: list[str]) -> None:
        assert back(texts(column), "text") == column

    comes_back()


def test_a_nul_cannot_shift_a_column() -> None:
    with pytest.raises(DataError):
        texts(["a\0b", "c"])


def test_numbers_and_moments_come_back() -> None:
    assert back(numbers([1, None, -(2**62)]), "bigint") == [1, None, -(2**62)]
    noon = datetime(2026, 3, 2, 12, 0, 0, 1, UTC)
    here = noon.astimezone(timezone(timedelta(hours=8)))
    assert back(listed([noon.isoformat(), here.isoformat()]), "timestamptz") == [noon, noon]
    assert back(numbers([]), "bigint") == [] and back(listed([]), "timestamptz") == []
