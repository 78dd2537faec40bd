"""What a person reads in the terminal: one clear line for what went wrong, short lines for the rest."""

import sys

COLOURS = {"postgres": 34, "valkey": 35, "web": 32, "live": 36, "worker": 33, "beat": 90, "demo": 1}


class ServiceError(Exception):
    """One line that says what is wrong and what to do."""


def say(who: str, words: str) -> None:
    """One short line, coloured where a person looks."""
    name = f"{who:<8}"
    if sys.stdout.isatty():
        name = f"\033[{COLOURS.get(who, 0)}m{name}\033[0m"
    print(f"{name} {words}", flush=True)  # noqa: T201 - this module is the terminal
