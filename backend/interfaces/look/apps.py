from django.apps import AppConfig


class LookConfig(AppConfig):
    name = "backend.interfaces.look"
    label = "look"
