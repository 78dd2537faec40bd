"""Mail addresses: the quick look takes nothing that Django's check would not."""

import pytest
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st

from backend.interfaces.shop import checkout


@given(st.text(st.sampled_from("ab0.-_+@"), min_size=1, max_size=9))
def test_a_usual_address_is_one_for_django_too(text: str) -> None:
    for address in (f"{text}@example.org", f"aming@{text}.org", f"aming@example.{text}"):
        if checkout._USUAL_MAIL.fullmatch(address):
            validate_email(address)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("AMING@EXAMPLE.ORG", True),
        ("o'neil@example.org", True),
        (f"{'a' * 60}@example.org", True),
        (f"aming@{'a' * 64}.org", False),
        ("aming@", False),
        ("a..ming@example.org", False),
        ("aming@example", False),
        ("aming@example-.org", False),
        ("aming@example.org\n", False),
    ],
)
def test_any_other_is_judged_by_django(text: str, good: bool) -> None:
    assert checkout._is_mail(text) is good
