from django.urls import URLPattern, URLResolver

app_name = "track"
urlpatterns: list[URLPattern | URLResolver] = []
