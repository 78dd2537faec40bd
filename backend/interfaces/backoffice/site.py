"""The office: unfold's admin on its own path, for staff with a second factor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import get_user, login
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from backend.interfaces.backoffice.names import ROOMS, TABLES
from backend.interfaces.backoffice.reviews import waiting
from backend.interfaces.backoffice.said import said
from backend.interfaces.backoffice.sessions import ENTERED, HOURS, PATH, entered
from backend.interfaces.look import words
from backend.parties.queries import person_name

BACKEND = "django.contrib.auth.backends.ModelBackend"

# unfold draws with Alpine and inline styles: allowed here and nowhere else
OFFICE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


class Choices(AutocompleteJsonView):
    """What may be chosen, each by what the office calls it."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": said(obj)}


@dataclass(frozen=True)
class EnterPage:
    name: str
    hours: int
    next: str


class Office(UnfoldAdminSite):  # type: ignore[misc]
    site_title = _("直送·办公室")
    site_header = _("直送·办公室")
    index_title = _("基础资料和账本")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff who came in by the office's own door; outside a demonstration also a second factor."""
        return entered(request) and _may_enter(request.user)

    def admin_view(
        self, view: Callable[..., HttpResponseBase], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        relaxed: Callable[..., HttpResponseBase] = csp_replace(OFFICE_CSP)(
            super().admin_view(view, cacheable)
        )

        def local(*args: Any, **kwargs: Any) -> HttpResponseBase:
            # days and clocks are read and typed in the zone of the house
            with timezone.override(words.zone()):
                answer = relaxed(*args, **kwargs)
                return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

        return update_wrapper(local, relaxed)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """unfold asks the user for a full name; ours stands in another table, where erasing empties it."""
        if request.user.is_authenticated:
            name = person_name(user_id=request.user.pk)
            request.user.get_full_name = lambda: name  # type: ignore[attr-defined]
        context: dict[str, Any] = super().each_context(request)
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Rooms and tables in the order in which people work, not that of their letters."""
        rooms: list[Any] = super().get_app_list(request, app_label)
        for room in rooms:
            room["models"].sort(key=lambda table: [*TABLES].index(table["object_name"]))
        return sorted(rooms, key=lambda room: [*ROOMS].index(room["app_label"]))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The first page says what waits for a person."""
        if count := waiting().count():
            told = ngettext("有%(n)d笔捐赠等人看过。", "有%(n)d笔捐赠等人看过。", count) % {"n": count}
            address = reverse("office:donations_review_changelist")
            messages.warning(request, format_html('<a href="{}">{}</a>', address, told))
        page: HttpResponse = super().index(request, extra_context)
        return page

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return Choices.as_view(admin_site=self)(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Passwords belong to the house: one changed here would sign out of both."""
        return redirect("account_change_password")

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Who is signed in to the house enters by a button; staff without a second factor set one up first."""
        user = _house_user(request)
        to = request.POST.get("next") or request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(to, None) or not to.startswith(PATH):
            to = PATH
        if user.is_authenticated and user.is_staff and not _may_enter(user):
            return redirect("mfa_index")
        if not _may_enter(user):
            return redirect_to_login(request.get_full_path())
        if request.method != "POST":
            page = EnterPage(person_name(user_id=user.pk) or str(user), HOURS, to)
            return render(request, "backoffice/enter.html", {"page": page})
        login(request, user, backend=BACKEND)
        request.session[ENTERED] = True
        request.session.set_expiry(HOURS * 3600)
        return redirect(to)


def _may_enter(user: Any) -> bool:
    return bool(user.is_active and user.is_staff and (settings.DEMO or is_mfa_enabled(user)))


def _house_user(request: HttpRequest) -> Any:
    """Who is signed in to the house, by its session."""
    house: Any = HttpRequest()
    house.session = getattr(request, "house_session", request.session)
    return get_user(house)


office = Office(name="office")
