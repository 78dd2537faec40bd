from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "backend.interfaces.shop"
