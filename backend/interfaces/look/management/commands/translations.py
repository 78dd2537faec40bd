"""python -m backend translations [--check | --compile]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import polib
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from backend.interfaces.look import catalogues

LANGUAGES = tuple(catalogues.PLURALS)


class Command(BaseCommand):
    help = "Bring every app's catalogues (en, zh_Hant) in step with its templates and Python."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if a word is missing")
        parser.add_argument("--compile", action="store_true", help="only write the .mo files")
        parser.add_argument("apps", nargs="*", help="labels of apps; all of ours when empty")

    def handle(self, *args: Any, **options: Any) -> None:
        folders = _folders(options["apps"])
        if options["compile"]:
            self._compile(folders)
        elif options["check"]:
            self._check(folders)
        else:
            self._update(folders)
            self._compile(folders)

    def _update(self, folders: list[Path]) -> None:
        everything, memory = set(_folders([])), _memory()
        for folder in folders:
            found = catalogues.messages(folder, everything)
            if not found:
                continue
            for language in LANGUAGES:
                old = catalogues.open_catalogue(folder / "locale", language)
                new = catalogues.merged(old, found, language, memory)
                if catalogues.save(new):
                    left = sum(1 for entry in new if not entry.translated())
                    self.stdout.write(f"{folder.name} {language}: {len(found)} words, {left} to translate")

    def _check(self, folders: list[Path]) -> None:
        everything = set(_folders([]))
        said = []
        for folder in folders:
            found = catalogues.messages(folder, everything)
            for language in LANGUAGES if found else ():
                catalogue = catalogues.open_catalogue(folder / "locale", language)
                said += [
                    f"{folder.name} {language}: {fault}" for fault in catalogues.faults(catalogue, found)
                ]
        for language in LANGUAGES:
            said += [f"{language}: {clash}" for clash in catalogues.clashes(_all(language))]
        if said:
            hint = "Run `python -m backend translations`, then translate what is empty."
            raise CommandError("\n".join([*said, hint]))
        self.stdout.write("Every word is translated.")

    def _compile(self, folders: list[Path]) -> None:
        written = 0
        for folder in folders:
            for path in sorted(folder.glob("locale/*/LC_MESSAGES/django.po")):
                polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
                written += 1
        self.stdout.write(f"{written} catalogues compiled.")


def _folders(labels: list[str]) -> list[Path]:
    ours = [config for config in apps.get_app_configs() if config.name.startswith("backend.")]
    unknown = set(labels) - {config.label for config in ours}
    if unknown:
        raise CommandError(f"No such app of ours: {', '.join(sorted(unknown))}")
    return [Path(config.path) for config in ours if not labels or config.label in labels]


def _all(language: str) -> list[polib.POFile]:
    return [catalogues.open_catalogue(folder / "locale", language) for folder in _folders([])]


def _memory() -> dict[catalogues.Key, str]:
    """English words on which all apps agree."""
    return {key: next(iter(words)) for key, words in catalogues.said(_all("en")).items() if len(words) == 1}
