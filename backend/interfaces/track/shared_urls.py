from django.urls import URLPattern, URLResolver, path

from backend.interfaces.track import sharing

app_name = "shared"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:code>/", sharing.shared, name="page"),
]
