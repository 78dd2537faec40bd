from django.urls import URLPattern, URLResolver

app_name = "supplier_api"
urlpatterns: list[URLPattern | URLResolver] = []
