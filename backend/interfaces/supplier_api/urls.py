from django.urls import path

from backend.interfaces.supplier_api.api import api

urlpatterns = [path("v1/", api.urls)]
