"""Signing in by a demonstration link."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from backend.interfaces.accounts import demo
from backend.interfaces.accounts.landing import DOORS, landing
from backend.parties.queries import person_name
from backend.parties.rules import Role


@dataclass(frozen=True)
class EnterPage:
    name: str
    role: Any


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST signs in and leads to the door of the role."""
    user, role = demo.who(token)
    if request.method == "POST":
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        door = DOORS.get(Role(role)) if role in Role._value2member_map_ else None
        return redirect(door or landing(user.pk, is_staff=getattr(user, "is_staff", False)))
    page = EnterPage(person_name(user_id=user.pk), demo.WORDS.get(role, role))
    return render(request, "accounts/enter.html", {"page": page})
