from django.urls import URLPattern, URLResolver

app_name = "courier"
urlpatterns: list[URLPattern | URLResolver] = []
