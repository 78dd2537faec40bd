"""`{% load office %}`, for the templates of unfold that the office replaces."""

from django import template

from backend.interfaces.backoffice.said import said

register = template.Library()
register.filter("said", said)
