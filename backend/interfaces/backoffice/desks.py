"""How staff see rows: reference data can be changed and every change is journalled; the rest is read-only."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import BinaryField, Field, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from unfold.admin import ModelAdmin

from backend.interfaces.backoffice import typed
from backend.interfaces.backoffice.refusals import Form
from backend.interfaces.backoffice.said import said
from backend.interfaces.backoffice.shown import Cell, cell
from backend.interfaces.backoffice.subjects import on_record
from backend.journal.kinds import Kind
from backend.journal.operations import record


class Said(SimpleLazyObject):  # type: ignore[type-arg]
    """A row that calls itself by what the office calls it."""

    def __init__(self, row: Model) -> None:
        super().__init__(lambda: row)

    def __str__(self) -> str:
        return said(self.__dict__["_setupfunc"]())


class Desk(ModelAdmin):  # type: ignore[misc]
    """A table whose columns, labels and values are in the reader's words."""

    form = Form
    list_fullwidth = True
    list_per_page = 50
    readonly_fields: ClassVar[Any] = ()

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("backoffice/office.css",)}

    def get_list_display(self, request: HttpRequest) -> tuple[str | Cell, ...]:
        return tuple(self._cell(name) for name in super().get_list_display(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what names a row, for autocompletion as for the lists."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A row that may not be changed shows all its columns as the lists do."""
        if obj is None:
            return [name for name in super().get_fields(request, obj) if name != "public_id"]
        if self.has_change_permission(request, obj):
            return super().get_fields(request, obj)
        return [self._cell(field.name, linked=True) for field in self._facts()]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_readonly_fields(request, obj)
        return self.get_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = typed.typed(db_field)
        if field is not None:
            return field
        return super().formfield_for_dbfield(typed.with_words(db_field), request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = said
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        told = {"subtitle": said(row)} if row is not None else {}
        return super().changeform_view(request, object_id, form_url, {**told, **(extra_context or {})})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The journal is the history: it has what the house did to a row and what the office changed."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        journal = reverse("office:journal_entry_changelist")
        return redirect(f"{journal}?{urlencode({'subject__in': ','.join(on_record(row))})}")

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: Any = None) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, Said(obj), post_url_continue)
        return answer

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        answer: HttpResponse = super().response_change(request, Said(obj))
        return answer

    def _facts(self) -> list[Field[Any, Any]]:
        hidden = {self.model._meta.pk.name, *(self.exclude or ())}
        fields = self.model._meta.fields
        return [f for f in fields if f.name not in hidden and not isinstance(f, BinaryField)]

    def _cell(self, name: str, *, linked: bool = False) -> str | Cell:
        try:
            self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return name  # a method of the desk
        return cell(self.model, name, linked)


class ReadOnly(Desk):
    """Facts: looked at, never touched."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Reference(Desk):
    """Reference data: added and changed, never deleted; each change leaves an entry in the journal."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Where somebody else was quicker, the form is checked once more and says what is in its way."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:
        with transaction.atomic():
            if change:
                obj.save(update_fields=form.changed_data)
            else:
                obj.save()
            record(
                kind=Kind.STAFF_CHANGED,
                subject=f"{obj._meta.label_lower}:{obj.pk}",
                actor=f"user:{request.user.public_id}",  # type: ignore[union-attr]
                at=timezone.now(),
                public={"added": not change, "fields": sorted(form.changed_data)},
            )


class AddOnly(Reference):
    """Prices are never updated: a new row."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)
