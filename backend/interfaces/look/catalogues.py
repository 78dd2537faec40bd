"""Catalogues of words: found in templates and Python, kept in each app's own locale folder.

The source language is Simplified Chinese: a msgid is the Chinese itself. `en` is written by people, `zh_Hant`
is filled by OpenCC where it is empty and corrected by hand. Runs without GNU gettext.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize
from opencc import OpenCC

KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLURALS = {"en": "nplurals=2; plural=(n != 1);", "zh_Hant": "nplurals=1; plural=0;"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
# quotation marks, and two characters where the house follows the newspapers rather than the ministry
QUOTES = str.maketrans({"“": "「", "”": "」", "‘": "『", "’": "』", "臺": "台", "賬": "帳"})
Key = tuple[str | None, str]


@dataclass(frozen=True)
class Message:
    """One string a person sees: `plural` is empty where there is one form."""

    context: str | None
    text: str
    plural: str
    path: str

    @property
    def key(self) -> Key:
        return self.context, self.text


def messages(app: Path, others: set[Path]) -> list[Message]:
    """Every message of the app folder `app` (folders of `others` inside it are theirs), each once, sorted."""
    found: dict[Key, Message] = {}
    for file in sorted(app.rglob("*")):
        inside_other = any(parent in others for parent in file.parents if app in parent.parents)
        if file.suffix not in {".py", ".html", ".txt"} or inside_other or "migrations" in file.parts:
            continue
        for message in _in_file(file, str(file.relative_to(app))):
            kept = found.setdefault(message.key, message)
            if message.plural and not kept.plural:
                found[message.key] = message
    return [found[key] for key in sorted(found, key=lambda key: (found[key].path, key[1], key[0] or ""))]


def _in_file(file: Path, name: str) -> Iterator[Message]:
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        if "{%" not in source and "_(" not in source:
            return
        # the pseudo-Python of templatize is indented by accident, which the tokenizer would refuse
        source = "\n".join(line.lstrip() for line in templatize(source, origin=name).split("\n"))
    for _, function, texts, _ in extract_python(BytesIO(source.encode()), KEYWORDS, [], {}):
        yield from _message(function, texts, name)


def _message(function: object, texts: object, path: str) -> Iterator[Message]:
    parts = [part for part in (texts if isinstance(texts, tuple) else (texts,)) if isinstance(part, str)]
    called = str(function or "")
    context = parts.pop(0) if "pgettext" in called and parts else None
    if parts and parts[0]:
        plural = parts[1] if called.startswith("n") and len(parts) > 1 else ""
        yield Message(context, parts[0], plural, path)


def open_catalogue(locale: Path, language: str) -> polib.POFile:
    path = locale / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        return polib.pofile(str(path), wrapwidth=110)
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.fpath = str(path)
    return catalogue


def merged(old: polib.POFile, found: list[Message], language: str, memory: dict[Key, str]) -> polib.POFile:
    """`old` brought in step with `found`: kept where the msgid stayed, filled where we can, else gone."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=110)
    new.fpath = old.fpath
    new.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": PLURALS[language],
    }
    for message in found:
        new.append(_entry(message, known.get(message.key), language, memory))
    return new


def _entry(
    message: Message, old: polib.POEntry | None, language: str, memory: dict[Key, str]
) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.text,
        msgctxt=message.context,
        msgid_plural=message.plural,
        occurrences=[(message.path, "")],
    )
    if old is not None:
        entry.tcomment, entry.flags = old.tcomment, old.flags
    guess = traditional(message.text) if language == "zh_Hant" else memory.get(message.key, "")
    if message.plural:
        forms = dict(old.msgstr_plural) if old is not None and old.msgstr_plural else {}
        count = 2 if language == "en" else 1
        plural_guess = guess if language == "zh_Hant" else ""
        entry.msgstr_plural = {n: forms.get(n) or plural_guess for n in range(count)}
    else:
        entry.msgstr = (old.msgstr if old is not None else "") or guess
    return entry


def traditional(text: str) -> str:
    """Simplified to Traditional as Taiwan writes it, with its quotation marks; placeholders stay."""
    converted = OpenCC("s2twp").convert(text).translate(QUOTES)
    names = iter(match[0] for match in PLACEHOLDER.finditer(text))
    return PLACEHOLDER.sub(lambda _: next(names), converted)


def faults(catalogue: polib.POFile, found: list[Message]) -> list[str]:
    """What keeps `catalogue` from being whole: a missing, empty or fuzzy message, a lost placeholder."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    said = [f"missing: {message.text!r}" for message in found if message.key not in known]
    wanted = {message.key for message in found}
    for key, entry in known.items():
        if key not in wanted:
            said.append(f"no longer used: {entry.msgid!r}")
        elif entry.fuzzy:
            said.append(f"fuzzy: {entry.msgid!r}")
        elif not all(_forms(entry)):
            said.append(f"empty: {entry.msgid!r}")
        elif any(_names(form) != _names(entry.msgid) for form in _forms(entry)):
            said.append(f"placeholders differ: {entry.msgid!r}")
    return said


def _forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _names(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text)}


def save(catalogue: polib.POFile) -> bool:
    """Write the .po file where its content changed; True when it did."""
    path = Path(catalogue.fpath)
    text = str(catalogue) + "\n" if not str(catalogue).endswith("\n") else str(catalogue)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def said(of: Iterable[polib.POFile]) -> dict[Key, set[str]]:
    """What these catalogues call each word."""
    words: dict[Key, set[str]] = {}
    for catalogue in of:
        for entry in catalogue:
            if entry.msgstr:
                words.setdefault((entry.msgctxt, entry.msgid), set()).add(entry.msgstr)
    return words


def clashes(of: Iterable[polib.POFile]) -> list[str]:
    """Words that these call differently. Django joins all catalogues: one app's would be read on another's pages."""
    return [
        f"{' and '.join(sorted(words))} for {text!r}: agree on one, or give one a context"
        for (_, text), words in said(of).items()
        if len(words) > 1
    ]
