"""What the counting pages show, and what a filled page means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.confirmations.queries import Sheet, SheetRow, Waiting
from backend.confirmations.rules import Found, ShortReason, divide, join_reason, split_reason

SHORT_WORDS: dict[str, Promise] = {
    ShortReason.BOX_WHOLE: _("箱子是好的，里面就少"),
    ShortReason.BOX_OPEN: _("箱子破了或被打开过"),
    ShortReason.BOX_MISSING: _("少了一整箱"),
    ShortReason.UNCLEAR: _("不清楚"),
}
FAULT_WORDS: dict[str, Promise] = {
    "damaged": _("坏了"),
    "wrong": _("送错了"),
    "expired": _("过期了"),
}
MOST = 99_999


class Unreadable(ValueError):
    """What was sent is not a count; the argument says which item and why."""


@dataclass(frozen=True)
class Said:
    """What a phone says of one item: `got` pieces lie there, `bad` of them cannot be used."""

    item: str
    got: int
    bad: int = 0
    fault: str = "damaged"
    seen: str = ""
    words: str = ""

    def found(self, parts: Mapping[str, int]) -> list[Found]:
        """The same for each order item of the heap."""
        faults = {self.fault: self.bad} if self.bad else {}
        reason = join_reason(self.seen, self.words)
        return divide(Found("", self.got - self.bad, reason=reason, **faults), parts)


@dataclass(frozen=True)
class Field:
    """One item on the form: as asked, as filled so far, and what is wrong with it."""

    row: SheetRow
    got: str = ""
    bad: str = ""
    fault: str = "damaged"
    seen: str = ""
    words: str = ""
    error: str = ""


@dataclass(frozen=True)
class HomePage:
    """A recipient, and what it waits for."""

    names: Mapping[str, str]
    waiting: Sequence[Waiting]


@dataclass(frozen=True)
class CountPage:
    sheet: Sheet
    token: str
    client_uuid: str
    fields: list[Field]
    second_adult: str = ""
    code: str = ""
    others: Sequence[Waiting] = ()
    failed: bool = False

    @property
    def shorts(self) -> list[tuple[str, Promise]]:
        return [(str(value), words) for value, words in SHORT_WORDS.items()]

    @property
    def faults(self) -> list[tuple[str, Promise]]:
        return list(FAULT_WORDS.items())


@dataclass(frozen=True)
class Counted:
    """One item on the receipt."""

    row: SheetRow
    seen: str
    words: str

    @property
    def got(self) -> int:
        return self.row.count.received if self.row.count else 0

    @property
    def bad(self) -> int:
        count = self.row.count
        return count.damaged + count.wrong + count.expired if count else 0

    @property
    def short(self) -> int:
        return self.row.count.missing if self.row.count else 0


@dataclass(frozen=True)
class ReceiptPage:
    sheet: Sheet
    token: str
    confirmed_at: datetime
    rows: list[Counted]
    others: Sequence[Waiting] = ()
    first_of_another: bool = False

    @property
    def whole(self) -> bool:
        return not (self.short or self.bad)

    @property
    def short(self) -> bool:
        return any(row.short for row in self.rows)

    @property
    def bad(self) -> bool:
        return any(row.bad for row in self.rows)


def receipt(sheet: Sheet, token: str, others: Sequence[Waiting], *, another: bool = False) -> ReceiptPage:
    assert sheet.confirmed_at is not None
    return ReceiptPage(
        sheet, token, sheet.confirmed_at, [_counted(row) for row in sheet.rows], others, another
    )


def _counted(row: SheetRow) -> Counted:
    seen, words = "", []
    for reason in row.reasons:
        ticked, written = split_reason(reason)
        seen = seen or str(SHORT_WORDS.get(ticked, ""))
        words += [written] if written else []
    return Counted(row, seen, "；".join(words))


def from_form(form: Mapping[str, Any], sheet: Sheet) -> tuple[list[Said], list[Field]]:
    """The count on a posted form; the fields carry errors where it is not one."""
    said, fields = [], []
    for row in sheet.rows:
        raw = {
            name: str(form.get(f"{name}-{row.item}", "")).strip()
            for name in ("got", "bad", "fault", "seen", "words")
        }
        raw["fault"] = raw["fault"] or "damaged"
        try:
            said.append(_said(row.item, raw))
            fields.append(Field(row, **raw))
        except Unreadable as error:
            fields.append(Field(row, **raw, error=str(error)))
    return said, fields


def from_json(rows: Any, sheet: Sheet) -> list[Said]:
    """The count as the phone's queue sends it. Raises Unreadable."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("counts")
    by_item = {str(row.get("item", "")): row for row in rows}
    if set(by_item) != {row.item for row in sheet.rows} or len(by_item) != len(rows):
        raise Unreadable("items")
    return [_said(row.item, by_item[row.item]) for row in sheet.rows]


def _said(item: str, raw: Mapping[str, Any]) -> Said:
    got = _number(raw.get("got"), gettext("先写点到几个。一个没到，就写0。"))
    bad = _number(raw.get("bad") or 0, gettext("坏的写个数。"))
    if bad > got:
        raise Unreadable(gettext("坏的不会比点到的多。"))
    fault = str(raw.get("fault") or "damaged")
    if fault not in FAULT_WORDS:
        raise Unreadable("fault")
    return Said(item, got, bad, fault, str(raw.get("seen") or ""), str(raw.get("words") or "")[:180])


def _number(value: Any, error: str) -> int:
    try:
        number = int(str(value).strip())
    except ValueError:
        raise Unreadable(error) from None
    if not 0 <= number <= MOST:
        raise Unreadable(error)
    return number


def empty(sheet: Sheet) -> list[Field]:
    return [Field(row) for row in sheet.rows]
