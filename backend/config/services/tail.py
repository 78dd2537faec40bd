"""What children write to their logs, shown as short lines."""

import json
import re
from pathlib import Path

from backend.config.services.lines import say

WORTH = re.compile(r"FATAL|ERROR|PANIC|WARNING|Traceback|Error:|ready\.|Listening|ready to accept")
WIDTH = 150


class Tail:
    """Follows one log from where it ends now; without `requests` only those that failed are told."""

    def __init__(
        self, name: str, log: Path, worth: re.Pattern[str] = WORTH, *, requests: bool = True
    ) -> None:
        self.name, self.log, self.worth, self.requests = name, log, worth, requests
        self.position = log.stat().st_size if log.exists() else 0
        self.rest = b""

    def tell(self) -> None:
        """Say what is new and worth a line; all of it stays in the file."""
        for line in self._new_lines():
            if short := shorten(line, self.worth, requests=self.requests):
                say(self.name, short)

    def _new_lines(self) -> list[str]:
        if not self.log.exists() or self.log.stat().st_size == self.position:
            return []
        with self.log.open("rb") as file:
            file.seek(self.position)
            fresh = file.read()
            self.position = file.tell()
        *whole, self.rest = (self.rest + fresh).split(b"\n")
        return [line.decode(errors="replace") for line in whole]


def shorten(line: str, worth: re.Pattern[str] = WORTH, *, requests: bool = True) -> str:
    """One line of a log as a person wants it, nothing for the rest."""
    try:
        told = json.loads(line) if line.startswith("{") else None
    except ValueError:
        told = None
    if isinstance(told, dict):
        return _of_json(told, requests)
    return line.strip()[:WIDTH] if worth.search(line) and "Configuration allows" not in line else ""


def _of_json(told: dict[str, object], requests: bool) -> str:
    if told.get("event") == "request":
        if not requests and not str(told.get("status")).startswith("5"):
            return ""
        return f"{told.get('method')} {told.get('route')} {told.get('status')} {told.get('ms')} ms"
    if str(told.get("event")).endswith(" ready."):
        return "ready"
    if told.get("level") in {"warning", "error", "critical"}:
        return f"{told['level']}: {told.get('event')}"[:WIDTH]
    return ""
