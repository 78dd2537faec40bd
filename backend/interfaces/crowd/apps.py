from django.apps import AppConfig


class CrowdConfig(AppConfig):
    name = "backend.interfaces.crowd"
