"""The office: unfold's admin on its own path, for staff with a second factor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth import get_user, login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from backend.interfaces.backoffice.names import ROOMS, TABLES
from backend.interfaces.backoffice.sessions import ENTERED, HOURS, PATH, entered
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
        return relaxed

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The tables in the reader's words; their columns stay as the code names them."""
        rooms: list[dict[str, Any]] = super().get_app_list(request, app_label)
        for room in rooms:
            room["name"] = ROOMS.get(room["app_label"], room["name"])
            for table in room["models"]:
                table["name"] = TABLES.get(table["object_name"], table["name"])
        return rooms

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
