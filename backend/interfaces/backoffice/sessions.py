"""The office keeps a session of its own, in a cookie that no other path of the house ever sees.

Whoever is signed in elsewhere enters the office once more by a button; signing out of either ends it.
"""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

COOKIE, PATH = "office", "/office/"
ENTERED = "office"  # a house session under the office's name opens nothing
HOURS = 8


class Sessions(SessionMiddleware):
    """Django's sessions, with the office's own under PATH; there the house's is `request.house_session`."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(PATH):
            house = request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            request.house_session = self.SessionStore(house)  # type: ignore[attr-defined]
            if COOKIE in request.COOKIES:
                request.COOKIES[settings.SESSION_COOKIE_NAME] = request.COOKIES[COOKIE]
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        morsel = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if morsel is not None and request.path_info.startswith(PATH):
            del response.cookies[settings.SESSION_COOKIE_NAME]
            response.cookies[COOKIE] = morsel.value
            response.cookies[COOKIE].update({**morsel, "path": PATH, "samesite": "Strict"})
        return response


def entered(request: HttpRequest) -> bool:
    """Whether the session is the office's own and belongs to who is signed in to the house."""
    house = getattr(request, "house_session", None)
    same = house is not None and house.get(SESSION_KEY) == request.session.get(SESSION_KEY)
    return bool(same and request.session.get(ENTERED))
