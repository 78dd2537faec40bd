"""Form fields of allauth's pages in our look."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's control with the look's class, and its error state said to assistive technology."""
    attrs: dict[str, str | bool] = {"class": "input"}
    if field.errors:
        attrs["aria-invalid"] = "true"
    # a label stands above; a placeholder that repeats it only hides what was typed
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_widget(attrs=attrs)
