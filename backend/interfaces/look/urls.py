from django.urls import URLPattern, URLResolver, path

from backend.interfaces.look import views

app_name = "look"
urlpatterns: list[URLPattern | URLResolver] = [
    path("choose/", views.choose, name="choose"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
