"""The office's paths."""

from django.urls import path

from backend.interfaces.backoffice.site import office

urlpatterns = [path("", office.urls)]
