"""How staff type what the tables keep: yuan for fen, words for codes."""

import copy
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import ChoicesFieldListFilter
from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from backend.interfaces.backoffice.words import codes

AnyField = Field[Any, Any]


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


def yuan(field: AnyField) -> Yuan:
    """The form's field for a column of fen."""
    return Yuan(
        label=gettext("%(name)s（元）") % {"name": capfirst(str(field.verbose_name))},
        required=not (field.null or field.blank),
        initial=field.get_default() if field.has_default() else None,
        widget=UnfoldAdminDecimalFieldWidget(),
    )


def with_words(field: AnyField) -> AnyField:
    """`field` itself, or a copy that offers its codes in words."""
    found = codes(field.model, field.name)
    if not found:
        return field
    told = copy.copy(field)
    told.choices = list(found.items())
    return told


class InWords(ChoicesFieldListFilter):
    """A filter of a column of codes."""

    def __init__(self, field: AnyField, *args: Any, **kwargs: Any) -> None:
        super().__init__(with_words(field), *args, **kwargs)
