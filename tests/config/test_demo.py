"""What a shell may say to `make demo`."""

import os

import pytest

from backend.config import demo
from backend.config.services.lines import ServiceError


@pytest.mark.parametrize(("said", "wanted"), [("", True), ("1", True), ("0", False)])
def test_the_others_act_unless_somebody_wants_every_role(
    monkeypatch: pytest.MonkeyPatch, said: str, wanted: bool
) -> None:
    monkeypatch.setenv("ZS_PLAY", said)
    assert demo.wants_play() is wanted


def test_another_word_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZS_PLAY", "no")
    with pytest.raises(ServiceError, match="make demo ZS_PLAY=0"):
        demo.wants_play()


def test_only_words_for_a_demonstration_are_heard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"ZS_PLAY": "0", "ZS_PORT": "9000", "ZS_MODE": "x", "HOME": "/"})
    demo.forget_environment()
    assert os.environ == {"ZS_PLAY": "0", "ZS_PORT": "9000", "HOME": "/"}
    assert "ZS_MODE is set and not used here" in capsys.readouterr().out
