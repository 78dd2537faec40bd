"""Fields that are typed in parts, each with its label: words by language, a week's hours, a span of time."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib.postgres.forms import DateTimeRangeField, RangeWidget
from django.core.exceptions import ValidationError
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from backend.interfaces.look import words

Said = str | Promise
LANGUAGES: Mapping[str, Promise] = {
    "zh-Hans": pgettext_lazy("文字", "简体"),
    "zh-Hant": pgettext_lazy("文字", "繁体"),
    "en": pgettext_lazy("文字", "英文"),
}
A_MONDAY = date(2024, 1, 1)
DAYS: Sequence[Said] = [lazy(words.weekday, str)(A_MONDAY + timedelta(days=day)) for day in range(7)]
WINDOW = re.compile(r"(\d{1,2})[:：](\d\d)\s*[-–—－至到]+\s*(\d{1,2})[:：](\d\d)")
BETWEEN = re.compile(r"[\s,，、;；]*")


def clock(minutes: int) -> str:
    """A minute of the day as people write it: 8:30."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def minutes(text: str) -> int | None:
    """8:30 as a minute of the day, up to 24:00; None for anything else."""
    found = re.fullmatch(r"(\d{1,2})[:：](\d\d)", text.strip())
    return _minute(*found.groups()) if found else None


def _minute(hour: str, minute: str) -> int | None:
    at = int(hour) * 60 + int(minute)
    return at if int(minute) < 60 and at <= 24 * 60 else None


def _labelled(context: dict[str, Any], labels: Sequence[Said]) -> dict[str, Any]:
    for part, said in zip(context["widget"]["subwidgets"], labels, strict=True):
        part["said"] = said
    return context


class Parts(forms.MultiWidget):
    """Inputs one below the other, each under its label."""

    template_name = "backoffice/parts.html"

    def __init__(self, labels: Mapping[str, Said], hint: str = "") -> None:
        kept = {"class": " ".join(INPUT_CLASSES)}
        super().__init__(
            {key: forms.TextInput(attrs={**kept, "placeholder": hint} if hint else kept) for key in labels}
        )
        self.labels = [*labels.values()]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return _labelled(super().get_context(name, value, attrs), self.labels)

    def decompress(self, value: Any) -> list[Any]:
        return list(value or [None] * len(self.widgets))


class Words(Parts):
    """A dictionary of words by language."""

    def __init__(self) -> None:
        super().__init__(LANGUAGES)

    def decompress(self, value: Any) -> list[Any]:
        return [(value or {}).get(language) for language in LANGUAGES]


class ByLanguage(forms.MultiValueField):
    """Words by language; where there are any, there are simplified ones."""

    def __init__(self, *, required: bool, **kwargs: Any) -> None:
        fields = [forms.CharField(required=required and key == "zh-Hans") for key in LANGUAGES]
        super().__init__(fields, widget=Words(), required=required, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[Any]) -> dict[str, str]:
        return by_language(data_list)


def by_language(texts: Sequence[str | None]) -> dict[str, str]:
    """Texts in the order of LANGUAGES as a dictionary; where there are any, there are simplified ones."""
    told = {key: text for key, text in zip(LANGUAGES, texts, strict=False) if text}
    if told and "zh-Hans" not in told:
        raise ValidationError(gettext("先写简体的。"))
    return told


CONTACT: Mapping[str, Promise] = {
    "phone": pgettext_lazy("联系方式", "电话"),
    "desk": pgettext_lazy("联系方式", "部门"),
    "hours_zh-Hans": pgettext_lazy("联系方式", "接电话的时间（简体）"),
    "hours_zh-Hant": pgettext_lazy("联系方式", "接电话的时间（繁体）"),
    "hours_en": pgettext_lazy("联系方式", "接电话的时间（英文）"),
}


class ContactInputs(Parts):
    """How a charity is reached."""

    def __init__(self) -> None:
        super().__init__(CONTACT)

    def decompress(self, value: Any) -> list[Any]:
        told = value or {}
        hours = told.get("hours") or {}
        return [told.get("phone"), told.get("desk"), *(hours.get(language) for language in LANGUAGES)]


class Contact(forms.MultiValueField):
    """A phone, a desk, and when somebody answers, in words by language."""

    def __init__(self, **kwargs: Any) -> None:
        fields = [forms.CharField(required=False) for _part in CONTACT]
        super().__init__(fields, widget=ContactInputs(), require_all_fields=False, **kwargs)

    def compress(self, data_list: list[Any]) -> dict[str, Any]:
        phone, desk, *spoken = data_list or [""] * len(CONTACT)
        told: dict[str, Any] = {"phone": phone, "desk": desk, "hours": by_language(spoken)}
        return {key: value for key, value in told.items() if value}


class WeekInputs(Parts):
    """A week's opening hours, one input a day."""

    def __init__(self) -> None:
        super().__init__({str(day): said for day, said in enumerate(DAYS)}, "8:30—12:00 14:00—17:00")

    def decompress(self, value: Any) -> list[Any]:
        return [windows(day or ()) for day in value] if value else [None] * 7


def windows(day: Sequence[Sequence[int]]) -> str:
    """The windows of a day as they are typed: 8:30—12:00 14:00—17:00."""
    return " ".join(f"{clock(begin)}—{clock(end)}" for begin, end in day)


class Week(forms.MultiValueField):
    """Opening hours from Monday on: a day without words is closed, a week without words always open."""

    def __init__(self, **kwargs: Any) -> None:
        fields = [forms.CharField(required=False) for _day in DAYS]
        kwargs["help_text"] = _("空着的那天不开门；七天都空着，什么时候都开。")
        super().__init__(fields, widget=WeekInputs(), required=False, require_all_fields=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Hours as they are kept become what is typed; what was typed stays."""
        kept = isinstance(value, list) and not any(isinstance(day, str) for day in value)
        return self.widget.decompress(value) if kept else value

    def compress(self, data_list: list[Any]) -> list[list[list[int]]]:
        return [self._day(text or "") for text in data_list] if any(data_list) else []

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Another way to write the same hours is no change."""
        try:
            return bool(self.compress(list(data or [])) != (initial or []))
        except ValidationError:
            return True

    def _day(self, text: str) -> list[list[int]]:
        found = [_minute(*at) for m in WINDOW.finditer(text) for at in (m.groups()[:2], m.groups()[2:])]
        flat = [at for at in found if at is not None]
        whole = len(flat) == len(found) and BETWEEN.fullmatch(WINDOW.sub("", text))
        if not whole or any(a >= b for a, b in pairwise(flat)):
            raise ValidationError(gettext("“%(text)s”不是时段，要像8:30—12:00这样写。") % {"text": text})
        return [[begin, end] for begin, end in zip(flat[::2], flat[1::2], strict=True)]


class SpanInputs(RangeWidget):
    """From and to, each under its label."""

    template_name = "backoffice/parts.html"

    def __init__(self) -> None:
        attrs = {"class": " ".join(INPUT_CLASSES), "placeholder": "2026-12-01 8:00"}
        super().__init__(forms.DateTimeInput(attrs=attrs))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return _labelled(
            super().get_context(name, value, attrs), (pgettext("时段", "从"), pgettext("时段", "到"))
        )


class Span(DateTimeRangeField):
    """A span of time; an open end stays empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": SpanInputs(), **kwargs})
