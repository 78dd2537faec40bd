"""Words of a story for the gift's page: `{% load track %}`."""

from django import template

from backend.interfaces.look import story

register = template.Library()
register.filter("why", story.why)
register.filter("written", story.written)
register.filter("failed", story.failed)
register.filter("declined", story.declined)
register.filter("likely", story.likely)
register.filter("between", story.between)
register.filter("listed", story.listed)


@register.filter
def of(quantity: int, line: object) -> str:
    """{{ 3|of:line }}: 3床"""
    return story.count(line, quantity)  # type: ignore[arg-type]
