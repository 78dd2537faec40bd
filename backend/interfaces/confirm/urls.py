from django.urls import URLPattern, URLResolver, path

from backend.interfaces.confirm import views

app_name = "confirm"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("sw.js", views.worker, name="worker"),
    path("<str:token>/", views.count, name="count"),
    path("<str:token>/send/", views.send, name="send"),
    path("<str:token>/tally/", views.tally, name="tally"),
    path("<str:token>/code/", views.code, name="code"),
]
