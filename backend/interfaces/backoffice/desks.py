"""How staff see rows: reference data can be changed and every change is journalled; the rest is read-only."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from backend.journal.kinds import Kind
from backend.journal.operations import record


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Facts: looked at, never touched."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Reference(ModelAdmin):  # type: ignore[misc]
    """Reference data: added and changed, never deleted; each change leaves an entry in the journal."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

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
