"""The files of fixtures/, as rows; and public ids that are the same wherever the county is loaded."""

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # the letters of every public id; doors import no models
FIXTURES = Path(settings.BASE_DIR) / "fixtures"
_LANGUAGES = {"zh": "zh-Hans", "zh_hant": "zh-Hant", "en": "en"}
_CUT_AT = 0x019A_B000_0000  # milliseconds of the cut's day, so that demo ids sort before all others


def rows(path: str) -> list[dict[str, str]]:
    """The rows of one CSV file of fixtures/."""
    with (FIXTURES / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tree(path: str) -> Any:
    """One JSON file of fixtures/."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def words(row: Mapping[str, str], column: str) -> dict[str, str]:
    """`column_zh`, `column_zh_hant` and `column_en` of a row, by language."""
    return {language: row[f"{column}_{suffix}"] for suffix, language in _LANGUAGES.items()}


def demo_id(prefix: str, key: str) -> str:
    """The public id of the demonstration's `key`: shaped like any other, made from its name."""
    tail = int.from_bytes(hashlib.sha256(f"{prefix}/{key}".encode()).digest()[:10])
    number = (_CUT_AT << 80) | tail
    return prefix + "_" + "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
