"""How staff type what the tables keep: yuan for fen, clocks for minutes, words for codes."""

import copy
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import ChoicesFieldListFilter
from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from backend.interfaces.backoffice.parts import ByLanguage, Contact, Span, Week, clock, minutes
from backend.interfaces.backoffice.shown import is_money
from backend.interfaces.backoffice.words import codes
from backend.parties.models import User

AnyField = Field[Any, Any]
BY_LANGUAGE = {"names", "units", "specs", "market_source"}
CLOCKS = {"shift_from", "shift_to"}


class Yuan(forms.DecimalField):
    """Typed in yuan, kept in whole fen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_digits=15, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value) / 100:.2f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * 100)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(Decimal(initial) / 100 if isinstance(initial, int) else initial, data)


class Clock(forms.CharField):
    """Typed as 8:30, kept in minutes of the day."""

    def prepare_value(self, value: Any) -> Any:
        return clock(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if (at := minutes(text)) is None:
            raise ValidationError(gettext("时间要像8:30这样写。"))
        return at

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class Steps(forms.CharField):
    """Prices from so many pieces on, a line each, in pieces and yuan; kept as pairs of pieces and fen."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{units} {Decimal(fen) / 100:.2f}" for units, fen in value)

    def clean(self, value: Any) -> list[list[int]]:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        found = [re.fullmatch(r"(\d{1,6})\s+(\d{1,9})(?:\.(\d{1,2}))?", line) for line in lines]
        if not all(found):
            raise ValidationError(gettext("一行写一档，像10 64.60这样：件数，空格，单价。"))
        return [[int(m[1]), int(m[2]) * 100 + int((m[3] or "").ljust(2, "0"))] for m in found if m]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial or []), data)


def typed(field: AnyField) -> forms.Field | None:
    """The form's field for a column that people type otherwise than it is kept; None: as it is kept."""
    required, label = not (field.null or field.blank), capfirst(str(field.verbose_name))
    told: dict[str, Any] = {"label": label, "required": required}
    if field.has_default():
        told["initial"] = field.get_default()
    if is_money(field):
        told["label"] = gettext("%(name)s（元）") % {"name": label}
        return Yuan(widget=UnfoldAdminDecimalFieldWidget(), **told)
    if field.name in CLOCKS:
        return Clock(widget=UnfoldAdminTextInputWidget(), **told)
    if field.name in BY_LANGUAGE:
        return ByLanguage(**told)
    if field.name == "contact":
        return Contact(label=label, required=False)
    if isinstance(field, DateTimeRangeField):
        return Span(**told)
    if field.name == "price_breaks":
        told["help_text"] = gettext("一行一档：几件起，空格，单价（元）。没有就空着。")
        return Steps(**told)
    return Week(label=label) if field.name == "hours" else None


def with_words(field: AnyField) -> AnyField:
    """`field` itself, or a copy that offers its codes in words."""
    found = codes(field.model, field.name)
    if not found:
        return field
    told = copy.copy(field)
    told.choices = list(found.items())
    return told


class SomebodyField(forms.ModelChoiceField[User]):
    """Somebody by the number that stands in the journal and on their own page: usr_…"""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "usr_…"})
        super().__init__(User.objects.all(), to_field_name="public_id", widget=widget, **kwargs)
        self.error_messages["invalid_choice"] = _("没有这个编号的人。")


class InWords(ChoicesFieldListFilter):
    """A filter of a column of codes."""

    def __init__(self, field: AnyField, *args: Any, **kwargs: Any) -> None:
        super().__init__(with_words(field), *args, **kwargs)
