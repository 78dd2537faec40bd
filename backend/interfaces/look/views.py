"""Language and theme, and the style guide."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from backend.interfaces.look import guide
from backend.interfaces.look.context import THEME_COOKIE, THEMES

YEAR = 365 * 24 * 3600


# without a token, so that cached pages hold none; somebody else could at most change a language
@csrf_exempt
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the visitor's language or theme in a cookie and go back to the page."""
    to = request.POST.get("next", "/") or _came_from(request)
    if not url_has_allowed_host_and_scheme(to, allowed_hosts=None):
        to = "/"
    answer = HttpResponseRedirect(to)
    language, theme = request.POST.get("language", ""), request.POST.get("theme")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        _keep(answer, settings.LANGUAGE_COOKIE_NAME, language)
    if theme in THEMES:
        _keep(answer, THEME_COOKIE, theme or "")
    return answer


def _came_from(request: HttpRequest) -> str:
    """The path of the page that sent the form, for pages that do not say their own address."""
    came = urlsplit(request.headers.get("Referer", ""))
    return came.path if came.netloc == request.get_host() else "/"


def _keep(answer: HttpResponse, name: str, value: str) -> None:
    secure = settings.SITE_URL.startswith("https://")
    answer.set_cookie(name, value, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part in every state; only where people build or try."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "look/styleguide.html", {"guide": guide.samples()})
