from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backend.interfaces.backoffice"
