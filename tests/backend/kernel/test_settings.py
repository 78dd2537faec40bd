"""Settings are asked for once, and what somebody overrides is seen at once."""

import pytest
from django.conf import settings as lazy
from django.test import override_settings

from backend.kernel.settings import settings


def test_a_setting_is_djangos_before_during_and_after_an_override() -> None:
    before = lazy.SITE_URL
    assert before == settings.SITE_URL
    with override_settings(SITE_URL="https://elsewhere.example"):
        assert settings.SITE_URL == "https://elsewhere.example"
    assert before == settings.SITE_URL


def test_what_is_no_setting_is_none_here_either() -> None:
    with pytest.raises(AttributeError):
        _ = settings.NO_SUCH_SETTING
