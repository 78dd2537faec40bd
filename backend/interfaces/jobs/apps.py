from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "backend.interfaces.jobs"
