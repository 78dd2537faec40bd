"""What a donor reads of codes that others chose."""

from django.utils import translation

from backend.interfaces.look import story
from backend.interfaces.supplier_desk import forms


def test_every_reason_of_the_desk_has_words_for_the_donor() -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert all(story.declined(code) != code for code, _ in forms.reasons())


def test_a_reason_that_a_supplier_wrote_is_shown_as_it_is() -> None:
    assert story.declined("大雪封山") == "大雪封山"
