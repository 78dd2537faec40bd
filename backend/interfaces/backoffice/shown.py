"""The values of a table as the office's readers write them, one function per column."""

import functools
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Field, ForeignKey, Model
from django.db.models.fields import FloatField, IntegerField
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from backend.interfaces.backoffice.columns import label
from backend.interfaces.backoffice.said import said
from backend.interfaces.backoffice.subjects import actor, subject
from backend.interfaces.backoffice.words import code, codes
from backend.interfaces.look import words

AnyField = Field[Any, Any]
Cell = Callable[[Model], Any]


# labels of the journal, wherever a column keeps one
LABELS: dict[str, Callable[[str], str]] = {"subject": subject, "actor": actor, "source": actor}


def is_money(field: AnyField) -> bool:
    """Whole fen, by the house's names."""
    return field.name.endswith(("_price", "_cost", "_amount")) or field.name == "amount"


def is_number(field: AnyField) -> bool:
    return isinstance(field, IntegerField | FloatField)


@functools.cache
def cell(model: type[Model], name: str, linked: bool = False) -> Cell:
    """The column `name` of `model` for the admin: its head, its order and its value in words.

    With `linked` a row that it points at is a link, where the office has a page for it.
    """
    field: AnyField = model._meta.get_field(name)  # type: ignore[assignment]

    @admin.display(description=label(model, name) or name, ordering=name)  # type: ignore[arg-type]
    def show(row: Model) -> Any:
        told: dict[str, dict[str, str]] = getattr(row, "translations", None) or {}
        value = told.get(words.language(), {}).get(name) or getattr(row, name)
        if linked and isinstance(value, Model):
            return _link(value)
        return shown(field, value)

    # the style sheet sets numbers to the right, heads as well, by this name
    show.__name__ = f"number_{name}" if is_number(field) else name
    return show


def shown(field: AnyField, value: Any) -> Any:
    """`value` of `field` in the reader's words; None where there is none."""
    if value is None or value in ("", {}, []):
        return None
    if isinstance(field, ForeignKey):
        return said(value)
    if codes(field.model, field.name):
        return code(field.model, field.name, value)
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if is_number(field):
        return format_html('<span class="number">{}</span>', _number(field, value))
    if field.name == "contact":
        told = (
            value.get("phone"),
            words.name(value["hours"]) if value.get("hours") else "",
            value.get("desk"),
        )
        return pgettext("列举", " · ").join(part for part in told if part)
    if field.name == "price_breaks":
        steps = (gettext("%(n)s件起%(price)s") % {"n": n, "price": words.price(fen)} for n, fen in value)
        return pgettext("列举", " · ").join(steps)
    if field.name in LABELS:
        return LABELS[field.name](value)
    return words.place(value) if field.name == "township" else _text(value)


def _number(field: AnyField, value: int | float) -> str:
    if is_money(field):
        return words.price(int(value))
    if field.name in {"grams", "cm3"}:
        return f"{value / 1000:,.3f}".rstrip("0").rstrip(".")
    return f"{value:.5f}" if isinstance(value, float) else words.number(value)


def _text(value: Any) -> str | SafeString:
    if isinstance(value, datetime):
        return f"{words.full_day(value)} {words.clock(value)}"
    if isinstance(value, date):
        return words.full_day(value)
    if hasattr(value, "lower") and hasattr(value, "upper") and not isinstance(value, str):
        return _range(value.lower, value.upper)
    if isinstance(value, dict) and "zh-Hans" in value:
        return words.name(value)
    if isinstance(value, dict | list):
        return format_html('<pre class="json">{}</pre>', json.dumps(value, ensure_ascii=False, indent=1))
    return str(value)


def _range(lower: datetime | None, upper: datetime | None) -> str:
    begin = _text(lower) if lower else gettext("一直")
    return gettext("%(begin)s至%(end)s") % {"begin": begin, "end": _text(upper) if upper else gettext("今后")}


def _link(row: Model) -> str | SafeString:
    try:
        url = reverse(f"office:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return said(row)
    return format_html('<a href="{}" class="text-link">{}</a>', url, said(row))
