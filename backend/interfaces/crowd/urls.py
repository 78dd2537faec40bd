from django.urls import path

from backend.interfaces.crowd import views

app_name = "crowd"
urlpatterns = [
    path("wait/", views.wait, name="wait"),
    path("busy/", views.busy, name="busy"),
]
