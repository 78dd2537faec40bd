from django.urls import URLPattern, URLResolver

app_name = "supplier_desk"
urlpatterns: list[URLPattern | URLResolver] = []
