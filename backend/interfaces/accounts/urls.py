"""Accounts: allauth's pages in our look, and the demonstration's links."""

from django.urls import URLPattern, URLResolver, include, path

from backend.interfaces.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("demo/<str:token>/", views.enter, name="demo_enter"),
    path("", include("allauth.urls")),
]
