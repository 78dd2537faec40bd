from django.urls import URLPattern, URLResolver

app_name = "confirm"
urlpatterns: list[URLPattern | URLResolver] = []
