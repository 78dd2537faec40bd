"""What base.html needs on every page beyond the page's own object."""

from django.http import HttpRequest

THEMES = ("", "light", "dark")
THEME_COOKIE = "theme"


def theme(request: HttpRequest) -> dict[str, str]:
    """`theme`: light or dark by the visitor's choice, else empty (the system decides)."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": chosen if chosen in THEMES else ""}
