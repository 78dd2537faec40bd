"""Catalogues: every word of a door is found, filled or missed aloud."""

import textwrap
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command

from backend.interfaces.look import catalogues


@pytest.fixture
def door(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "views.py").write_text(
        textwrap.dedent(
            """
            from django.utils.translation import gettext, ngettext, pgettext

            def say(n: int) -> list[str]:
                return [gettext("还差%(n)s床") % {"n": n}, ngettext("1箱", "%(n)s箱", n), pgettext("月", "份")]
            """
        )
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}\n<c-note title="{% translate "少了" %}">\n   {% blocktranslate trimmed with n=left %}\n'
        "  说“好”的有{{ n }}个\n  {% endblocktranslate %}</c-note>\n    {% translate '捐赠' context '按钮' %}\n"
    )
    return tmp_path


def test_words_are_found_in_python_templates_and_component_attributes(door: Path) -> None:
    found = {(m.context, m.text, m.plural) for m in catalogues.messages(door, set())}
    assert found == {
        (None, "还差%(n)s床", ""),
        (None, "1箱", "%(n)s箱"),
        ("月", "份", ""),
        (None, "少了", ""),
        (None, "说“好”的有%(n)s个", ""),
        ("按钮", "捐赠", ""),
    }


def test_traditional_is_filled_with_its_quotation_marks_and_english_is_left_to_people(door: Path) -> None:
    found = catalogues.messages(door, set())
    hant = catalogues.merged(catalogues.open_catalogue(door / "locale", "zh_Hant"), found, "zh_Hant", {})
    en = catalogues.merged(catalogues.open_catalogue(door / "locale", "en"), found, "en", {})
    assert hant.find("说“好”的有%(n)s个").msgstr == "說「好」的有%(n)s個"
    assert catalogues.faults(hant, found) == []
    assert len(catalogues.faults(en, found)) == 6


def test_a_hand_made_correction_outlives_the_next_run_and_a_gone_word_goes(door: Path) -> None:
    found = catalogues.messages(door, set())
    first = catalogues.merged(catalogues.open_catalogue(door / "locale", "zh_Hant"), found, "zh_Hant", {})
    first.find("少了").msgstr = "少掉了"
    first.append(polib.POEntry(msgid="从前的话", msgstr="從前的話"))
    assert catalogues.faults(first, found) == ["no longer used: '从前的话'"]
    second = catalogues.merged(first, found, "zh_Hant", {})
    assert second.find("少了").msgstr == "少掉了"
    assert second.find("从前的话") is None


def test_a_lost_placeholder_a_fuzzy_word_and_a_missing_word_are_told(door: Path) -> None:
    found = [m for m in catalogues.messages(door, set()) if not m.plural]
    en = catalogues.merged(catalogues.open_catalogue(door / "locale", "en"), found, "en", {})
    for entry in en:
        entry.msgstr = "x %(n)s" if "%(n)s" in entry.msgid else "x"
    assert catalogues.faults(en, found) == []
    en.find("还差%(n)s床").msgstr = "quilts missing"
    en.find("少了").flags.append("fuzzy")
    en.remove(en.find("份"))
    assert catalogues.faults(en, found) == [
        "missing: '份'",
        "fuzzy: '少了'",
        "placeholders differ: '还差%(n)s床'",
    ]


def test_english_of_another_door_is_remembered(door: Path) -> None:
    found = catalogues.messages(door, set())
    memory: dict[catalogues.Key, str] = {(None, "少了"): "Short"}
    en = catalogues.merged(catalogues.open_catalogue(door / "locale", "en"), found, "en", memory)
    assert en.find("少了").msgstr == "Short"


def test_two_doors_that_call_one_word_differently_are_told() -> None:
    one, other = polib.POFile(), polib.POFile()
    one.append(polib.POEntry(msgid="装好了", msgstr="Packed"))
    other.append(polib.POEntry(msgid="装好了", msgstr="Packed"))
    other.append(polib.POEntry(msgid="装好了", msgctxt="车上", msgstr="Loaded"))
    assert catalogues.clashes([one, other]) == []
    other[0].msgstr = "Loaded"
    assert catalogues.clashes([one, other]) == [
        "Loaded and Packed for '装好了': agree on one, or give one a context"
    ]


def test_words_of_an_app_inside_an_app_are_that_apps(door: Path) -> None:
    (door / "inner").mkdir()
    (door / "inner" / "a.py").write_text('gettext("里面")')
    texts = {m.text for m in catalogues.messages(door, {door / "inner"})}
    assert "里面" not in texts and "少了" in texts


def test_the_looks_own_words_are_whole() -> None:
    call_command("translations", "look", "--check", verbosity=0)


def test_an_unknown_app_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("translations", "nowhere", "--check")
