from django.urls import URLPattern, URLResolver, path

from backend.interfaces.courier import views

app_name = "courier"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.today, name="today"),
    path("routes/<str:public_id>/", views.route, name="route"),
    path("routes/<str:public_id>/take/", views.take, name="take"),
    path("stops/<str:public_id>/load/", views.load, name="load"),
    path("stops/<str:public_id>/arrive/", views.arrive, name="arrive"),
    path("stops/<str:public_id>/fail/", views.fail, name="fail"),
    path("stops/<str:public_id>/deliver/", views.deliver, name="deliver"),
]
