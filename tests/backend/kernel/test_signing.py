"""Quick signatures are Django's own, both ways."""

import hmac

import pytest
from django.core.signing import BadSignature, JSONSerializer, SignatureExpired, Signer, TimestampSigner, dumps
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.signing import QuickSigner, QuickTimestampSigner, hmac_sha256


@given(st.text(), st.text(min_size=1))
def test_the_same_text_is_signed_the_same(value: str, salt: str) -> None:
    assert QuickSigner(salt=salt).sign(value) == Signer(salt=salt).sign(value)
    assert QuickSigner(salt=salt).unsign(Signer(salt=salt).sign(value)) == value


@given(st.text())
def test_what_is_stamped_is_read_as_django_reads_it(value: str) -> None:
    assert QuickTimestampSigner(salt="s").unsign(TimestampSigner(salt="s").sign(value), max_age=60) == value


@given(st.text(st.sampled_from("ab:é0"), max_size=9))
def test_what_was_never_signed_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        QuickTimestampSigner(salt="s").unsign(text)


def test_what_django_keeps_in_a_cookie_is_read() -> None:
    cookie = dumps({"visitor": "阿明", "more": "x" * 500}, salt="s", compress=True)
    assert QuickTimestampSigner(salt="s").unsign_object(cookie, serializer=JSONSerializer, max_age=60) == {
        "visitor": "阿明",
        "more": "x" * 500,
    }
    with pytest.raises(BadSignature):
        QuickTimestampSigner(salt="other").unsign_object(cookie)
    with pytest.raises(SignatureExpired):
        QuickTimestampSigner(salt="s").unsign_object(cookie, max_age=-1)


def test_a_new_secret_ends_old_signatures_and_a_fallback_keeps_them() -> None:
    with override_settings(SECRET_KEY="old"):
        signed = TimestampSigner(salt="s").sign("gift")
    with pytest.raises(BadSignature):
        QuickTimestampSigner(salt="s").unsign(signed)
    with override_settings(SECRET_KEY_FALLBACKS=["old"]):
        assert QuickTimestampSigner(salt="s").unsign(signed) == "gift"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_key_that_is_hashed_once_signs_as_ever(key: bytes, message: bytes) -> None:
    for _ in range(2):
        assert hmac_sha256(key, message) == hmac.digest(key, message, "sha256")
