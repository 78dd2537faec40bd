"""The office: unfold's admin on its own path, for staff with a second factor."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

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


class Office(UnfoldAdminSite):  # type: ignore[misc]
    site_title = _("直送·办公室")
    site_header = _("直送·办公室")
    index_title = _("基础资料和账本")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff; outside a demonstration also a second factor."""
        user = request.user
        return bool(user.is_active and user.is_staff and (settings.DEMO or is_mfa_enabled(user)))

    def admin_view(
        self, view: Callable[..., HttpResponseBase], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        relaxed: Callable[..., HttpResponseBase] = csp_replace(OFFICE_CSP)(
            super().admin_view(view, cacheable)
        )
        return relaxed

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for the whole house; staff without a second factor are led to set one up."""
        user = request.user
        if user.is_authenticated and user.is_staff:
            return redirect("mfa_index")
        return redirect_to_login(request.GET.get("next", "/office/"))


office = Office(name="office")
