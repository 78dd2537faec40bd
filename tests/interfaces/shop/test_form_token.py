"""The form's token is believed exactly where Django believes it."""

from django.middleware.csrf import CSRF_ALLOWED_CHARS, _does_token_match, _mask_cipher_secret
from hypothesis import given
from hypothesis import strategies as st

from backend.interfaces.shop import form_token

LETTERS = st.sampled_from(CSRF_ALLOWED_CHARS)
SECRETS = st.text(LETTERS, min_size=32, max_size=32)


@given(SECRETS)
def test_a_token_of_the_secret_is_right(secret: str) -> None:
    assert form_token._is_right(secret, _mask_cipher_secret(secret))


@given(SECRETS, st.text(LETTERS, min_size=64, max_size=64), st.integers(0, 63), LETTERS)
def test_any_other_is_wrong(secret: str, strange: str, place: int, letter: str) -> None:
    token = _mask_cipher_secret(secret)
    bent = token[:place] + letter + token[place + 1 :]
    for told in (strange, bent):
        assert form_token._is_right(secret, told) == _does_token_match(told, secret)


@given(st.text(max_size=70), st.text(max_size=70))
def test_what_no_page_makes_is_not_read(secret: str, token: str) -> None:
    assert not form_token._is_right(secret, token)
