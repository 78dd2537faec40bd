"""A key is found by its prefix, checked by its digest, and a mistyped one is told at once."""

import pytest

from backend.parties import tokens


def test_a_key_tells_its_realm_and_keeps_its_secret() -> None:
    key = tokens.mint(realm="test")
    assert key.text.startswith("zs_test_") and key.text.startswith(key.prefix + "_")
    assert key.text not in repr(key) and len(key.prefix) <= 24
    assert tokens.prefix_of(key.text) == key.prefix and tokens.matches(key.text, key.digest)


def test_no_two_keys_are_alike_unless_made_of_the_same_stuff() -> None:
    assert len({tokens.mint(realm="live").text for _ in range(100)}) == 100
    assert tokens.mint(realm="test", entropy=b"s3") == tokens.mint(realm="test", entropy=b"s3")
    assert tokens.mint(realm="test", entropy=b"s3") != tokens.mint(realm="test", entropy=b"s4")


@pytest.mark.parametrize("slip", [5, 12, 20, -8, -1])
def test_one_wrong_letter_is_no_key(slip: int) -> None:
    text = tokens.mint(realm="test", entropy=b"slip").text
    wrong = text[:slip] + ("x" if text[slip] != "x" else "y") + text[slip:][1:]
    with pytest.raises(tokens.NotAKey):
        tokens.prefix_of(wrong)


@pytest.mark.parametrize("text", ["", "zs_test", "password", "zs_test_12345678_short", "xx" + "_a" * 3])
def test_something_else_is_no_key(text: str) -> None:
    with pytest.raises(tokens.NotAKey):
        tokens.prefix_of(text)
