"""The pages of the crowd itself. Both are kept and filled in by the front: nothing here knows a visitor."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backend.interfaces.crowd import saying


@require_safe
def wait(request: HttpRequest) -> HttpResponse:
    """The waiting room, with places for one visitor's numbers."""
    places = {"ahead": saying.AHEAD, "long": saying.LONG, "again": saying.AGAIN, "to": saying.TO}
    return render(request, "crowd/wait.html", {"page": places})


@require_safe
def busy(request: HttpRequest) -> HttpResponse:
    """What is said when a page must wait; the front sends it with 503."""
    return render(request, "503.html")
